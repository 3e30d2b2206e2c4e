"""Models small enough to be made in a test: real files of real libraries, random weights."""

from __future__ import annotations

import json
import string
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
SHAPE = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "max_position_embeddings": 64,
}


def tiny_sentence_model(folder: Path, *, pooling: str = "mean", length: int = 32, lower_case: bool = False) -> Path:
    """Write a sentence-transformers model of two layers and return its folder.

    Args:
        pooling: how tokens become a vector.
        length: word pieces it reads.
        lower_case: whether the wrapper, not the tokenizer, puts texts in lower case.
    """
    import torch
    from transformers import BertConfig, BertModel

    vocabulary = _write_tokenizer(folder, lower_case=not lower_case)
    torch.manual_seed(7)
    BertModel(BertConfig(vocab_size=vocabulary, **SHAPE)).save_pretrained(folder)
    _write(folder / "sentence_bert_config.json", {"max_seq_length": length, "do_lower_case": lower_case})
    _write(
        folder / "1_Pooling" / "config.json",
        {
            "word_embedding_dimension": SHAPE["hidden_size"],
            "pooling_mode_cls_token": pooling == "cls",
            "pooling_mode_mean_tokens": pooling == "mean",
            "pooling_mode_max_tokens": False,
            "pooling_mode_mean_sqrt_len_tokens": False,
        },
    )
    types = {"": "Transformer", "1_Pooling": "Pooling"}
    modules = [
        {"idx": index, "name": str(index), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for index, (path, kind) in enumerate(types.items())
    ]
    _write(folder / "modules.json", modules)
    return folder


def tiny_cross_encoder(folder: Path) -> Path:
    """Write a sequence classifier of two layers with one label, random but always the same, and return its folder."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    vocabulary = _write_tokenizer(folder, lower_case=True)
    torch.manual_seed(7)
    config = BertConfig(vocab_size=vocabulary, num_labels=1, initializer_range=0.5, **SHAPE)
    BertForSequenceClassification(config).save_pretrained(folder)
    return folder


def _write_tokenizer(folder: Path, *, lower_case: bool) -> int:
    """Write a tokenizer of letters and a few words and return the size of its vocabulary."""
    letters = string.ascii_letters + string.digits + string.punctuation
    pieces = [*SPECIAL, *letters, *(f"##{letter}" for letter in letters), "query", "passage", "where", "order"]
    tokenizer = Tokenizer(models.WordPiece({piece: row for row, piece in enumerate(pieces)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lower_case)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    names = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    _write(
        folder / "tokenizer_config.json",
        {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": 64, "mask_token": "[MASK]", **names},
    )
    return len(pieces)


def _write(path: Path, data: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data), encoding="utf-8")
