//! The map by WebGL2: each cell a point, all of them in one buffer in the order in which they are drawn.
//!
//! Cells are drawn into a texture, in as many calls as the caller likes, and the texture is shown at the end: a map of a million
//! cells can be drawn over several frames without flicker. A fair sample of them needs no buffer of its own, only longer steps
//! through the same one.

use wasm_bindgen::JsCast;
use web_sys::{
    HtmlCanvasElement, WebGl2RenderingContext as Gl, WebGlBuffer, WebGlProgram, WebGlShader,
    WebGlUniformLocation,
};

use super::{batch::Batch, colouring::Dot, view::Frame};

const VERTEX: &str = "#version 300 es
layout(location = 0) in vec2 at;
layout(location = 1) in vec4 colour;
uniform vec4 view;
uniform float size;
out vec4 ink;
void main() {
  gl_Position = vec4(at * view.xy + view.zw, 0.0, 1.0);
  gl_PointSize = size + 1.0;
  ink = colour;
}";

/// A disc with a soft edge of one pixel; what is smaller than that stays a square.
const FRAGMENT: &str = "#version 300 es
precision highp float;
in vec4 ink;
uniform float size;
uniform float opacity;
out vec4 seen;
void main() {
  float edge = 0.5 * size + 0.5 - length(gl_PointCoord - 0.5) * (size + 1.0);
  float cover = size < 1.5 ? 1.0 : clamp(edge, 0.0, 1.0);
  float a = ink.a * opacity * cover;
  if (a <= 0.0) discard;
  seen = vec4(ink.rgb * a, a);
}";

/// Bytes of a vertex.
const VERTEX_BYTES: usize = 8;
/// Longest step through the buffer that WebGL allows (255 bytes).
pub const LONGEST_STEP: usize = 255 / VERTEX_BYTES;

/// The painter.
#[derive(Debug)]
pub struct GlPainter {
    gl: Gl,
    program: WebGlProgram,
    view: Option<WebGlUniformLocation>,
    size: Option<WebGlUniformLocation>,
    opacity: Option<WebGlUniformLocation>,
    layers: Vec<(WebGlBuffer, usize)>,
    /// What is drawn into, and its size.
    target: Option<(web_sys::WebGlFramebuffer, web_sys::WebGlTexture, [i32; 2])>,
}

impl GlPainter {
    /// On a canvas that nothing was drawn on; none where the browser has no WebGL2, or cannot run it.
    pub fn new(canvas: &HtmlCanvasElement) -> Option<Self> {
        let options = js_sys::Object::new();
        for (name, value) in [("antialias", false), ("depth", false), ("preserveDrawingBuffer", true)] {
            js_sys::Reflect::set(&options, &name.into(), &value.into()).ok()?;
        }
        let gl: Gl = canvas.get_context_with_context_options("webgl2", &options).ok()??.dyn_into().ok()?;
        let program = gl.create_program()?;
        for (kind, source) in [(Gl::VERTEX_SHADER, VERTEX), (Gl::FRAGMENT_SHADER, FRAGMENT)] {
            gl.attach_shader(&program, &shader(&gl, kind, source)?);
        }
        gl.link_program(&program);
        if !gl.get_program_parameter(&program, Gl::LINK_STATUS).is_truthy() {
            return None;
        }
        let place = |name: &str| gl.get_uniform_location(&program, name);
        let (view, size, opacity) = (place("view"), place("size"), place("opacity"));
        gl.enable(Gl::BLEND);
        gl.blend_func(Gl::ONE, Gl::ONE_MINUS_SRC_ALPHA);
        Some(Self { gl, program, view, size, opacity, layers: Vec::new(), target: None })
    }

    /// Puts layers of cells on the device.
    pub fn load(&mut self, layers: &[Vec<Dot>]) {
        for (buffer, _) in self.layers.drain(..) {
            self.gl.delete_buffer(Some(&buffer));
        }
        for dots in layers {
            let Some(buffer) = self.gl.create_buffer() else { return };
            let mut bytes = Vec::with_capacity(dots.len() * VERTEX_BYTES);
            for dot in dots {
                bytes.extend_from_slice(&dot.at[0].to_le_bytes());
                bytes.extend_from_slice(&dot.at[1].to_le_bytes());
                bytes.extend_from_slice(&dot.colour);
            }
            self.gl.bind_buffer(Gl::ARRAY_BUFFER, Some(&buffer));
            self.gl.buffer_data_with_u8_array(Gl::ARRAY_BUFFER, &bytes, Gl::STATIC_DRAW);
            self.layers.push((buffer, dots.len()));
        }
    }

    /// An empty picture.
    pub fn begin(&mut self, width: u32, height: u32) {
        let size = [width as i32, height as i32];
        let gl = &self.gl;
        if self.target.as_ref().is_none_or(|target| target.2 != size) {
            if let Some((frame, texture, _)) = self.target.take() {
                gl.delete_framebuffer(Some(&frame));
                gl.delete_texture(Some(&texture));
            }
            let texture = gl.create_texture();
            gl.bind_texture(Gl::TEXTURE_2D, texture.as_ref());
            gl.tex_storage_2d(Gl::TEXTURE_2D, 1, Gl::RGBA8, size[0], size[1]);
            let frame = gl.create_framebuffer();
            gl.bind_framebuffer(Gl::FRAMEBUFFER, frame.as_ref());
            gl.framebuffer_texture_2d(
                Gl::FRAMEBUFFER,
                Gl::COLOR_ATTACHMENT0,
                Gl::TEXTURE_2D,
                texture.as_ref(),
                0,
            );
            self.target = frame.zip(texture).map(|(frame, texture)| (frame, texture, size));
        }
        gl.bind_framebuffer(Gl::FRAMEBUFFER, self.target.as_ref().map(|target| &target.0));
        gl.viewport(0, 0, size[0], size[1]);
        gl.clear_color(0.0, 0.0, 0.0, 0.0);
        gl.clear(Gl::COLOR_BUFFER_BIT);
    }

    /// Draws some cells over what is there.
    pub fn add(&self, frame: &Frame, scale: f64, batch: &Batch) {
        let (gl, Some((buffer, _))) = (&self.gl, self.layers.get(batch.layer)) else { return };
        gl.bind_framebuffer(Gl::FRAMEBUFFER, self.target.as_ref().map(|target| &target.0));
        gl.use_program(Some(&self.program));
        gl.bind_buffer(Gl::ARRAY_BUFFER, Some(buffer));
        let (step, first) = ((VERTEX_BYTES * batch.step) as i32, (VERTEX_BYTES * batch.cells.start) as i32);
        gl.vertex_attrib_pointer_with_i32(0, 2, Gl::UNSIGNED_SHORT, true, step, first);
        gl.vertex_attrib_pointer_with_i32(1, 4, Gl::UNSIGNED_BYTE, true, step, first + 4);
        gl.enable_vertex_attrib_array(0);
        gl.enable_vertex_attrib_array(1);
        // From the map's coordinates to those of the screen, -1 to 1.
        let ((left, bottom), (right, top)) = (frame.at([0.0, 0.0]), frame.at([1.0, 1.0]));
        let across = |x: f64| 2.0 * x / frame.width - 1.0;
        let up = |y: f64| 1.0 - 2.0 * y / frame.height;
        let (x, y) = (across(left), up(bottom));
        let (wide, high) = (across(right) - x, up(top) - y);
        gl.uniform4f(self.view.as_ref(), wide as f32, high as f32, x as f32, y as f32);
        gl.uniform1f(self.size.as_ref(), (2.0 * batch.radius * scale) as f32);
        gl.uniform1f(self.opacity.as_ref(), batch.opacity as f32);
        gl.draw_arrays(Gl::POINTS, 0, batch.cells.len().div_ceil(batch.step) as i32);
    }

    /// Shows the picture.
    pub fn show(&self) {
        let (gl, Some((frame, _, [width, height]))) = (&self.gl, &self.target) else { return };
        gl.bind_framebuffer(Gl::READ_FRAMEBUFFER, Some(frame));
        gl.bind_framebuffer(Gl::DRAW_FRAMEBUFFER, None);
        let (w, h) = (*width, *height);
        gl.blit_framebuffer(0, 0, w, h, 0, 0, w, h, Gl::COLOR_BUFFER_BIT, Gl::NEAREST);
    }

    /// Gives what it holds back; browsers allow few of its kind at a time.
    pub fn release(&self) {
        if let Ok(Some(extension)) = self.gl.get_extension("WEBGL_lose_context") {
            let lose = js_sys::Reflect::get(&extension, &"loseContext".into());
            if let Some(lose) = lose.ok().and_then(|f| f.dyn_into::<js_sys::Function>().ok()) {
                let _ = lose.call0(&extension);
            }
        }
    }
}

fn shader(gl: &Gl, kind: u32, source: &str) -> Option<WebGlShader> {
    let shader = gl.create_shader(kind)?;
    gl.shader_source(&shader, source);
    gl.compile_shader(&shader);
    gl.get_shader_parameter(&shader, Gl::COMPILE_STATUS).is_truthy().then_some(shader)
}
