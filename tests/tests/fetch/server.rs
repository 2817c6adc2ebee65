//! A server with one file that drops connections, lies about lengths, knows no ranges, or sends something else.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    thread,
};

use sha2::{Digest as _, Sha256};

/// How a server behaves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Manner {
    /// As it should.
    Good,
    /// It closes every connection after so many bytes of the body.
    Drops(usize),
    /// The same, and it knows no ranges.
    DropsWithoutRanges(usize),
    /// It announces more than it has.
    AnnouncesMore,
    /// It announces and sends less.
    SendsLess,
    /// It sends more than it announces, chunk by chunk, without a length.
    SendsMore,
    /// It sends other bytes of the same length.
    SendsOther,
    /// Its file changes after the first connection, and `If-Range` tells.
    Changes(usize),
    /// It sends a range that nobody asked for.
    OtherRange(usize),
    /// There is no such file.
    Missing,
    /// It is busy twice, then it is not.
    Busy,
}

/// A server with one file, and the requests that it has seen.
pub struct Server {
    pub address: String,
    pub seen: Arc<Mutex<Vec<String>>>,
}

pub fn content() -> Vec<u8> {
    (0..300_000_u32).flat_map(|i| i.wrapping_mul(2_654_435_761).to_le_bytes()).collect()
}

pub fn sum(content: &[u8]) -> String {
    format!("{:x}", Sha256::digest(content))
}

impl Server {
    pub fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&seen);
        thread::spawn(move || {
            for (number, stream) in listener.incoming().flatten().enumerate() {
                let request = request(&stream);
                noted.lock().unwrap().push(request.clone());
                // Whoever has enough goes away.
                let _ = answer(manner, number, &request, stream);
            }
        });
        Self { address, seen }
    }

    /// The catalogue of this server's file.
    pub fn catalogue(&self, work: &Path, known: &str) -> PathBuf {
        let file = work.join("catalogue.toml");
        let text = format!(
            "[[item]]\nname = 'cells'\ntitle = 'Cells'\npurpose = 'tests'\norigin = 'a test'\n\
             [[item.file]]\nname = 'cells.h5ad'\nurl = 'http://{}/cells.h5ad'\n{known}\n",
            self.address
        );
        fs::write(&file, text).unwrap();
        file
    }

    pub fn requests(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

fn request(stream: &TcpStream) -> String {
    let lines = BufReader::new(stream).lines();
    lines.map_while(Result::ok).take_while(|line| !line.is_empty()).map(|line| line + "\n").collect()
}

/// The value of a header.
pub fn header<'a>(request: &'a str, name: &str) -> Option<&'a str> {
    let value = |line: &'a str| line.split_once(": ").filter(|(known, _)| known.eq_ignore_ascii_case(name));
    request.lines().find_map(value).map(|(_, value)| value)
}

fn answer(manner: Manner, number: usize, request: &str, mut stream: TcpStream) -> std::io::Result<()> {
    let mut whole = content();
    let mut tag = "\"1\"";
    match manner {
        Manner::Missing => return write!(stream, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
        Manner::Busy if number < 2 => {
            return write!(stream, "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }
        Manner::SendsOther => whole[77] ^= 1,
        Manner::SendsLess => whole.truncate(1000),
        Manner::Changes(_) if number > 0 => {
            whole.reverse();
            tag = "\"2\"";
        }
        _ => {}
    }
    if manner == Manner::SendsMore {
        write!(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")?;
        stream.write_all(&whole)?;
        return stream.write_all(b"and more");
    }
    let asked = header(request, "range")
        .and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok());
    let same = header(request, "if-range").is_none_or(|known| known == tag);
    let from: usize = match manner {
        Manner::DropsWithoutRanges(_) => 0,
        _ if !same => 0,
        _ => asked.unwrap_or(0),
    };
    let from = if let (Manner::OtherRange(_), Some(at)) = (manner, asked) { at - 1 } else { from };
    let rest = &whole[from..];
    let announced = rest.len() + if manner == Manner::AnnouncesMore { 5000 } else { 0 };
    let status = if from > 0 { "206 Partial Content" } else { "200 OK" };
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Length: {announced}\r\nETag: {tag}\r\nConnection: close\r\n"
    )?;
    if from > 0 {
        write!(stream, "Content-Range: bytes {from}-{}/{}\r\n", whole.len() - 1, whole.len())?;
    }
    write!(stream, "\r\n")?;
    let most = match manner {
        Manner::Drops(most) | Manner::OtherRange(most) => most,
        Manner::DropsWithoutRanges(most) if number < 2 => most,
        Manner::Changes(most) if number == 0 => most,
        _ => usize::MAX,
    };
    stream.write_all(&rest[..rest.len().min(most)])
}
