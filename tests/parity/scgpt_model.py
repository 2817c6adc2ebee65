"""scGPT's encoder in plain PyTorch, with random weights of any size, saved as scGPT saves its checkpoints.

    scgpt_model.py OUT_DIR [--width 512 --heads 8 --hidden 512 --layers 12 --genes 60694 --seed 0]

writes best_model.pt, args.json and vocab.json; the defaults are the published models' sizes (51 million parameters).
"""
import argparse
import json
from pathlib import Path

import numpy as np
import torch
from torch import nn


class Tokens(nn.Module):
    def __init__(self, tokens, width):
        super().__init__()
        self.embedding, self.enc_norm = nn.Embedding(tokens, width), nn.LayerNorm(width)

    def forward(self, tokens):
        return self.enc_norm(self.embedding(tokens))


class Values(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.linear1, self.linear2, self.norm = nn.Linear(1, width), nn.Linear(width, width), nn.LayerNorm(width)

    def forward(self, values):
        hidden = torch.relu(self.linear1(values.unsqueeze(-1).clamp(max=512)))
        return self.norm(self.linear2(hidden))


class Encoder(nn.Module):
    def __init__(self, tokens, width, heads, hidden, layers):
        super().__init__()
        self.encoder, self.value_encoder = Tokens(tokens, width), Values(width)
        layer = nn.TransformerEncoderLayer(width, heads, hidden, dropout=0.0, batch_first=True)
        self.transformer_encoder = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)

    def forward(self, tokens, values, padding=None):
        """Embeddings [n, width]; `padding` is true where a position is padding."""
        x = self.transformer_encoder(self.encoder(tokens) + self.value_encoder(values), src_key_padding_mask=padding)
        return nn.functional.normalize(x[:, 0], dim=1)


def random_model(genes, width, heads, hidden, layers, seed=0):
    """A model whose every parameter is random, norms and biases too; the vocabulary has three special tokens more."""
    torch.manual_seed(seed)
    model = Encoder(genes + 3, width, heads, hidden, layers).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim == 1:
                parameter.copy_(("norm" in name and name.endswith("weight")) + 0.1 * torch.randn_like(parameter))
    return model


def save(model, folder, names, args, flash=True, wrapped=False):
    """The three files; `names` are the genes, `args` whatever args.json says beside the sizes."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    state = dict(model.state_dict())
    if flash:
        state = {name.replace("in_proj_", "Wqkv."): tensor for name, tensor in state.items()}
        state["flag_encoder.weight"] = torch.zeros(2, 4)
    state["decoder.fc.0.weight"] = torch.zeros(3, 3)
    torch.save({"model_state_dict": state} if wrapped else state, folder / "best_model.pt")
    layer = model.transformer_encoder.layers[0]
    sizes = {"embsize": layer.linear1.in_features, "nheads": layer.self_attn.num_heads, "d_hid": layer.linear1.out_features,
             "nlayers": len(model.transformer_encoder.layers)}
    (folder / "args.json").write_text(json.dumps(sizes | args))
    (folder / "vocab.json").write_text(json.dumps({name: i for i, name in enumerate([*names, "<pad>", "<cls>", "<eoc>"])}))


def bins(counts, n_bins=51):
    """Deterministic bins of one cell's counts, zero where the count is."""
    out = np.zeros(len(counts), np.float32)
    some = counts > 0
    if some.any():
        edges = np.quantile(counts[some], np.linspace(0, 1, n_bins - 1))
        out[some] = np.digitize(counts[some], edges)
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    for name, default in (("width", 512), ("heads", 8), ("hidden", 512), ("layers", 12), ("genes", 60694), ("seed", 0)):
        parser.add_argument("--" + name, type=int, default=default)
    o = parser.parse_args()
    model = random_model(o.genes, o.width, o.heads, o.hidden, o.layers, o.seed)
    save(model, o.out, [f"GENE{i}" for i in range(o.genes)], {"pad_token": "<pad>", "pad_value": -2, "n_bins": 51, "max_seq_len": 1200})
    print(f"{sum(p.numel() for p in model.parameters()) / 1e6:.1f} million parameters in {o.out}")


if __name__ == "__main__":
    main()
