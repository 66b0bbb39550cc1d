"""Compares the logits of samples/Llama with those of Hugging Face's transformers, on checkpoints of random weights.

    python3 tests/Llama.Tests/Transformers/compare.py --llama PATH/llama --device gpu --ranks 1,2,4

For each model it writes a checkpoint (`llama random`), lets both implementations compute the logits behind each token of a text, and prints a row:
the largest and the mean difference, relative to the spread of the logits, of ours and of transformers' own bf16 to its float32; how often the likeliest
token is the same. Ours is within bf16's rounding if its error is no more than 1.5 times that of transformers' bf16. The exit code is 1 if one is not.

FP8 checkpoints are loaded into transformers with their weights multiplied out, and their inputs rounded to e4m3 by the checkpoint's static scales, as
the format of compressed-tensors says. Needs torch, transformers and safetensors.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import torch
from safetensors.torch import load_file
from transformers import AutoConfig, AutoModelForCausalLM

MODELS = [
    ("tiny", False, None),
    ("tiny", True, None),
    ("llama-3-8b", False, 2),
    ("llama-3-8b", True, 2),
    ("qwen3-32b", False, 2),
    ("qwen3-32b", True, 2),
]
LIMIT = 1.5


def load_weights(folder):
    weights = {}
    for file in sorted(pathlib.Path(folder).glob("*.safetensors")):
        weights.update(load_file(str(file)))
    return weights


class Fp8Linear(torch.nn.Module):
    """A projection whose input is rounded to e4m3 by a static scale and whose weight was stored so."""

    def __init__(self, weight, weight_scale, input_scale, dtype):
        super().__init__()
        self.weight = (weight.to(torch.float32) * weight_scale).to(torch.float32)
        self.input_scale, self.dtype = input_scale, dtype

    def forward(self, x):
        codes = (x.to(torch.float32) / self.input_scale).clamp(-448, 448).to(torch.float8_e4m3fn)
        return ((codes.to(torch.float32) * self.input_scale) @ self.weight.T).to(self.dtype)


def shared_input_scales(weights):
    """Projections that read one value share its codes, by the largest of their input scales."""
    together = {"q_proj": "qkv", "k_proj": "qkv", "v_proj": "qkv", "gate_proj": "gate_up", "up_proj": "gate_up"}
    largest = {}
    for name, scale in weights.items():
        if not name.endswith(".input_scale"):
            continue
        owner, projection = name[: -len(".input_scale")].rsplit(".", 1)
        key = (owner, together.get(projection, projection))
        largest[key] = max(largest.get(key, 0.0), float(scale))
    return {
        f"{owner}.{projection}": scale
        for (owner, group), scale in largest.items()
        for projection in [p for p, g in together.items() if g == group] or [group]
    }


def reference(folder, dtype, device):
    config = AutoConfig.from_pretrained(folder)
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    weights = load_weights(folder)
    scales = shared_input_scales(weights)
    # The numbers with which a model begins are made there too, which takes a CPU a minute for a large vocabulary.
    with torch.device(device):
        model = AutoModelForCausalLM.from_config(config, torch_dtype=dtype, attn_implementation="eager")
    plain = {name: value.to(dtype) for name, value in weights.items() if value.dtype != torch.float8_e4m3fn and not name.endswith("_scale")}
    missing, unexpected = model.load_state_dict(plain, strict=False)
    if config.tie_word_embeddings:
        model.tie_weights()
    if unexpected:
        raise SystemExit(f"transformers does not know {unexpected[:5]}")
    for name, value in weights.items():
        if value.dtype != torch.float8_e4m3fn:
            continue
        path = name[: -len(".weight")]
        owner = model.get_submodule(path.rsplit(".", 1)[0])
        linear = Fp8Linear(value, float(weights[f"{path}.weight_scale"]), scales[path], dtype)
        linear.weight = linear.weight.to(device)
        setattr(owner, path.rsplit(".", 1)[1], linear)
    left = [name for name in missing if name.removesuffix(".weight") not in scales and not (name == "lm_head.weight" and config.tie_word_embeddings)]
    if left:
        raise SystemExit(f"the checkpoint has no {left[:5]}")
    return model.to(device).eval()


def logits_of(folder, dtype, device, tokens):
    model = reference(folder, dtype, device)
    with torch.no_grad():
        return model(torch.tensor([tokens], device=device)).logits[0].to(torch.float32).cpu()


def ours(llama, folder, tokens, chunk, ranks, device, file):
    subprocess.run(
        [llama, "logits", "--model", folder, "--tokens", ",".join(map(str, tokens)), "--chunk", str(chunk), "--ranks", str(ranks), "--device", device, "--out", file],
        check=True)
    return load_file(file)["logits"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--llama", required=True)
    parser.add_argument("--device", default="gpu")
    parser.add_argument("--ranks", default="1")
    parser.add_argument("--tokens", type=int, default=96)
    parser.add_argument("--models", help="names of the models, separated by commas: tiny,llama-3-8b-fp8")
    parser.add_argument("--json")
    options = parser.parse_args()
    torch_device = "cuda" if torch.cuda.is_available() else "cpu"
    rows, failed = [], 0
    for shape, fp8, layers in MODELS:
        name = f"{shape}-fp8" if fp8 else shape
        if options.models and name not in options.models.split(","):
            continue
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([options.llama, "random", "--shape", shape, "--out", folder] + (["--fp8"] if fp8 else []) + (["--layers", str(layers)] if layers else []), check=True)
            vocabulary = json.loads((pathlib.Path(folder) / "config.json").read_text())["vocab_size"]
            generator = torch.Generator().manual_seed(1)
            tokens = torch.randint(0, vocabulary, (options.tokens,), generator=generator).tolist()
            exact = logits_of(folder, torch.float32, torch_device, tokens)
            theirs = logits_of(folder, torch.bfloat16, torch_device, tokens)
            spread = exact.std().item()
            for ranks in map(int, options.ranks.split(",")):
                for way, chunk in (("decode", 1), ("prefill", options.tokens)):
                    found = ours(options.llama, folder, tokens, chunk, ranks, options.device, str(pathlib.Path(folder) / "logits.out"))
                    wanted, other = (exact, theirs) if chunk == 1 else (exact[-1:], theirs[-1:])
                    error, base = (found - wanted).abs() / spread, (other - wanted).abs() / spread
                    same = (found.argmax(-1) == wanted.argmax(-1)).float().mean().item()
                    ok = error.mean().item() <= LIMIT * base.mean().item() and bool(torch.isfinite(found).all())
                    failed += not ok
                    rows.append(dict(model=name, ranks=ranks, way=way, largest=error.max().item(), mean=error.mean().item(), largest_transformers=base.max().item(),
                                     mean_transformers=base.mean().item(), same_token=same, ok=ok))
                    print(f"{name:16} {ranks} {way:8} ours: max {error.max():.4f} mean {error.mean():.5f}  transformers bf16: max {base.max():.4f} mean {base.mean():.5f}"
                          f"  same token {same:.3f}  {'ok' if ok else 'TOO FAR'}", flush=True)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(rows, indent=1))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
