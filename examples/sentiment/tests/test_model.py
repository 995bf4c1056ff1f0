"""Text to stored model: the normaliser, the tokenizer, training that can be resumed, export, and the band."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from transformers import BertConfig, BertForSequenceClassification, GPT2Config

from sentiment import params
from sentiment.data import generate
from sentiment.model import band, checkpoint, network, training, vocabulary
from sentiment.model.encoder import Encoder
from sentiment.model.fitting import Fitter, choose_device
from sentiment.model.text import normalise, words
from sentiment.portfolio import store
from sentiment.portfolio.errors import ModelError
from sentiment.portfolio.files import write_atomic

if TYPE_CHECKING:
    from sentiment.data.reviews import Review
    from sentiment.model.checkpoint import Progress
    from sentiment.params import Params

    Small = tuple[Params, list[Review]]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("A &amp; B", "A & B"),
        ("one<br/>two<BR />three", "one two three"),
        ("<b>bold</b> <p class='x'>text</p>", "bold text"),
        ("5 < 6 and 7 > 3", "5 < 6 and 7 > 3"),
        ("a\u200bb\x00c\ud800", "abc"),
        ("cafe\u0301", "café"),
        ("👍🏽 ok 👩\u200d🔬", "👍🏽 ok 👩\u200d🔬"),
        ("مرحبا  بالعالم", "مرحبا بالعالم"),
        ("  \n\t ", ""),
    ],
)
def test_normaliser(raw: str, expected: str) -> None:
    assert normalise(raw) == expected
    assert normalise(normalise(raw)) == expected


def test_words_are_places_in_the_text_as_it_was_sent() -> None:
    text = "👍 Don't “buy” it"
    assert [text[start:end] for start, end in words(text)] == ["Don't", "buy", "it"]


@pytest.fixture(scope="module")
def small(settings: Params, some_reviews: list[Review]) -> tuple[Params, list[Review]]:
    tiny = replace(settings.tiny, epochs=3, hidden=16, layers=1)
    return replace(settings, tiny=tiny), some_reviews[:240]


def start(small: Small, folder: Path) -> tuple[Fitter, Encoder, network.Start]:
    settings, reviews = small
    begun = network.tiny([review.text for review in reviews], settings)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tokenizer.json").write_text(begun.tokenizer, encoding="utf-8")
    encoder = Encoder(folder / "tokenizer.json", settings.training.max_tokens)
    return Fitter(begun, encoder, settings, device="cpu", folder=folder), encoder, begun


def fit(small: Small, folder: Path, **options: Any) -> tuple[Progress, dict[str, Any]]:
    fitter, encoder, begun = start(small, folder)
    reviews = small[1]
    encoded, labels = encoder.encode([r.text for r in reviews]), training.labels_of(reviews)
    train, validation = (encoded[:200], labels[:200]), (encoded[200:], labels[200:])
    progress = fitter.fit(train, validation, **{"task": "t", "resume": False, **options})
    return progress, {name: value.clone() for name, value in begun.network.state_dict().items()}


def test_training_resumed_is_training_uninterrupted(small: Small, tmp_path: Path) -> None:
    straight, expected = fit(small, tmp_path / "one")
    first, _ = fit(small, tmp_path / "two", most_epochs=1)
    assert first.epoch == 1
    resumed, found = fit(small, tmp_path / "two", resume=True)
    assert resumed == straight
    assert all(torch.equal(found[name], expected[name]) for name in expected)


def test_a_checkpoint_of_another_task_is_not_resumed(small: Small, tmp_path: Path) -> None:
    fit(small, tmp_path, most_epochs=1)
    with pytest.raises(
        ModelError, match="models/checkpoint: of other data or settings; train without --resume"
    ):
        fit(small, tmp_path, task="other", resume=True)


def test_a_training_killed_while_it_saves_is_training_uninterrupted(
    small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The state of the second epoch is written, the note that makes it count is not."""
    straight, expected = fit(small, tmp_path / "one")

    def killed(path: Path, content: bytes | str) -> None:
        if path.name == "progress.json" and json.loads(content)["epoch"] == 2:
            raise KeyboardInterrupt
        write_atomic(path, content)

    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "write_atomic", killed)
        with pytest.raises(KeyboardInterrupt):
            fit(small, tmp_path / "two")
    resumed, found = fit(small, tmp_path / "two", resume=True)
    assert resumed == straight
    assert all(torch.equal(found[name], expected[name]) for name in expected)


@pytest.mark.parametrize("name", ["epoch-1.safetensors", "epoch-1.pt"])
@pytest.mark.parametrize("damage", [lambda p: p.unlink(), lambda p: p.write_bytes(p.read_bytes()[:99])])
def test_a_damaged_checkpoint_is_refused(small: Small, tmp_path: Path, name: str, damage: Any) -> None:
    fit(small, tmp_path, most_epochs=1)
    damage(tmp_path / name)
    with pytest.raises(ModelError, match=f"models/checkpoint/{name}: missing or damaged; train"):
        fit(small, tmp_path, resume=True)


def test_a_training_that_diverges_says_so_and_takes_no_older_weights(small: Small, tmp_path: Path) -> None:
    fit(small, tmp_path)
    settings, reviews = small
    mad = replace(settings, tiny=replace(settings.tiny, learning_rate=math.inf))
    with pytest.raises(ModelError, match="the validation loss is no number; lower the learning rate"):
        fit((mad, reviews), tmp_path)


def test_thirty_reviews_can_be_learned_by_heart(
    settings: Params, some_reviews: list[Review], tmp_path: Path
) -> None:
    """A training that cannot even do that is broken."""
    tiny = replace(settings.tiny, epochs=60, token_dropout=0.0, learning_rate=3e-3)
    settings = replace(settings, tiny=tiny, training=replace(settings.training, patience=60, batch=8))
    fitter, encoder, _ = start((settings, some_reviews[:30]), tmp_path)
    encoded, labels = (
        encoder.encode([r.text for r in some_reviews[:30]]),
        training.labels_of(some_reviews[:30]),
    )
    progress = fitter.fit((encoded, labels), (encoded, labels), task="t", resume=False)
    assert progress.best_loss < 0.1
    assert progress.losses[0][0] > 0.5


def test_encoder_cuts_and_says_so(trained: Path) -> None:
    stored = store.current(trained)
    encoder = Encoder(stored.file("tokenizer.json"), 128)
    long, short = encoder.encode(["good " * 500, "good"])
    assert (long.tokens, long.truncated) == (128, True)
    assert (short.tokens, short.truncated) == (3, False)


def test_a_word_never_seen_is_one_unknown_token(trained: Path) -> None:
    encoder = Encoder(store.current(trained).file("tokenizer.json"), 128)
    (one,) = encoder.encode(["quxfrobnicated"])
    assert one.ids.tolist()[1:-1] == [encoder.unknown]


def test_stored_model_says_what_it_is(trained: Path, settings: Params) -> None:
    found = store.current(trained).metadata
    assert found["kind"] == "smoke"
    assert found["trained_on"]["protocol"] == "held-out-templates"
    low, high = found["band"]
    assert 0 <= low <= 0.5 <= high <= 1
    assert low == pytest.approx(1 - high)
    assert "validation part" in found["chosen_on"]
    assert set(store.current(trained).files) == {
        "metadata.json",
        "model.int8.onnx",
        "reference.npz",
        "tokenizer.json",
    }
    assert settings.cost.wrong == found["cost"]["wrong"]


def test_nothing_that_can_run_code_is_stored(trained: Path) -> None:
    serving = [path.suffix for path in store.current(trained).path.iterdir()]
    assert set(serving) <= {".onnx", ".json", ".npz"}
    assert not list((trained / "models").rglob("*.pkl")) + list((trained / "models").rglob("*.bin"))


def test_graphs_name_no_place_of_this_machine(trained: Path) -> None:
    stored = store.current(trained)
    for path in (stored.file("model.int8.onnx"), trained / training.WORKBENCH / training.FP32):
        content = path.read_bytes()
        for place in (str(Path.cwd()), str(Path.home()), "site-packages", "stack_trace"):
            assert place.encode() not in content, place


def test_three_graphs_say_the_same(trained: Path, parts: Any) -> None:
    """Network, ONNX fp32 and int8 on a hundred raw texts: fp32 to 1e-4 in a logit, int8 in its labels."""
    from sentiment.model.runtime import INT8, Runtime

    stored = store.current(trained)
    encoder = Encoder(stored.file("tokenizer.json"), stored.metadata["max_tokens"])
    encoded = encoder.encode([review.text for review in parts.test[:100]])
    made = training.load_network(trained, stored)
    with torch.inference_mode():
        expected = np.array(
            [
                made(
                    input_ids=torch.as_tensor(one.ids[None]), attention_mask=torch.ones(1, one.tokens).long()
                )
                .logits[0]
                .numpy()
                for one in encoded
            ]
        )
    fp32 = Runtime(training.workbench(trained, stored, training.FP32), 1).logits(encoded)
    int8 = Runtime(stored.file(INT8), 1).logits(encoded)
    assert np.abs(fp32 - expected).max() < 1e-4
    assert (fp32.argmax(1) == int8.argmax(1)).mean() >= 0.95


def test_a_changed_workbench_is_refused(copy_of_trained: Path) -> None:
    path = copy_of_trained / training.WORKBENCH / training.FP32
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(ModelError, match=r"models/workbench/model\.onnx: missing, or not of model"):
        training.workbench(copy_of_trained, store.current(copy_of_trained), training.FP32)


# ---- base models


def bert_folder(folder: Path, *, layers: int = 1, labels: int = 2) -> Path:
    """Save a BERT as transformers does, with a tokenizer beside it."""
    config = BertConfig(
        vocab_size=600,
        hidden_size=16,
        num_hidden_layers=layers,
        num_attention_heads=2,
        intermediate_size=32,
        num_labels=labels,
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    texts = [review.text for review in generate.reviews(300, 1, params.load(training_root()).generator)]
    from transformers import PreTrainedTokenizerFast

    fast = PreTrainedTokenizerFast(
        tokenizer_object=vocabulary.word_pieces(texts, 600),
        unk_token="[UNK]",
        pad_token="[PAD]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
    )
    fast.save_pretrained(folder)
    return folder


def training_root() -> Path:
    from projects import ROOT

    return ROOT


def wider(path: Path) -> None:
    """Let the configuration claim wider layers than the weights have."""
    found = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(found | {"intermediate_size": 64}), encoding="utf-8")


def without_vocabulary(folder: Path) -> None:
    """Leave what names a tokenizer, and take the tokenizer: transformers then makes an empty one."""
    (folder / "tokenizer.json").unlink()
    (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "BertTokenizer"}', encoding="utf-8")


def test_another_number_of_labels_is_no_fault(tmp_path: Path, settings: Params) -> None:
    folder = bert_folder(tmp_path / "stars", labels=5)
    assert network.pretrained(str(folder), settings).network.config.num_labels == 2


def test_a_local_checkpoint_is_fine_tuned_offline(tmp_path: Path, settings: Params) -> None:
    begun = network.pretrained(str(bert_folder(tmp_path / "my-bert")), settings)
    assert (begun.kind, begun.base, begun.epochs) == ("fine-tuned", "my-bert", settings.base.epochs)
    assert begun.network.config.num_labels == 2


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        pytest.param(lambda f: (f / "config.json").unlink(), "no config.json in it", id="no config"),
        pytest.param(lambda f: GPT2Config().save_pretrained(f), "is of type 'gpt2', no BERT", id="gpt2"),
        pytest.param(lambda f: (f / "config.json").write_text("{"), "cannot be loaded", id="broken config"),
        pytest.param(
            lambda f: (f / "model.safetensors").rename(f / "pytorch_model.bin"),
            "has no weights as safetensors",
            id="pickle",
        ),
        pytest.param(
            lambda f: (f / "model.safetensors").write_bytes(b"x" * 100),
            "cannot be loaded",
            id="broken weights",
        ),
        pytest.param(
            lambda f: save_file({"wte.weight": torch.ones(4, 4)}, f / "model.safetensors", {"format": "pt"}),
            r"do not fit its config\.json: \d+ parts of the encoder are missing or of another size",
            id="weights of another kind",
        ),
        pytest.param(
            lambda f: wider(f / "config.json"), r"parts of the encoder are missing or of another", id="wider"
        ),
        pytest.param(
            without_vocabulary,
            r"tokenizer has \d+ entries; expected tokenizer\.json or vocab\.txt",
            id="no tokenizer",
        ),
    ],
)
def test_what_is_no_such_checkpoint_is_refused(
    tmp_path: Path, settings: Params, damage: Any, expected: str
) -> None:
    folder = bert_folder(tmp_path / "my-bert")
    damage(folder)
    with pytest.raises(ModelError, match=expected):
        network.pretrained(str(folder), settings)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("nobody/no-such-model", "without a network give a folder: --base-model PATH"),
        ("./nowhere/at/all", "no such folder; expected a folder or an id on the hub"),
    ],
)
def test_a_hub_id_without_network_says_how_to_go_on(name: str, expected: str, settings: Params) -> None:
    with pytest.raises(ModelError, match=expected):
        network.pretrained(name, settings)


def test_a_device_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ModelError, match="device cuda is not there; use --device auto or cpu"):
        choose_device("cuda")
    assert choose_device("cpu") == "cpu"


# ---- band


def test_abstaining_pays_where_it_is_cheaper_than_errors(settings: Params) -> None:
    random = np.random.default_rng(1)
    score = random.random(2_000)
    labels = (random.random(2_000) < score).astype(np.int64)  # calibrated by construction
    sure = band.cheapest_confidence(labels, score, replace(settings.cost, most_abstained=1.0))
    assert sure == pytest.approx(1 - settings.cost.abstain / settings.cost.wrong, abs=0.05)  # Chow's rule
    dearer = replace(settings.cost, wrong=20.0, most_abstained=1.0)
    assert band.cheapest_confidence(labels, score, dearer) > sure


def test_no_more_is_handed_over_than_allowed(settings: Params) -> None:
    random = np.random.default_rng(1)
    score, labels = random.random(1_000), random.integers(2, size=1_000)
    cost = replace(settings.cost, wrong=1_000.0, most_abstained=0.3)
    sure = band.cheapest_confidence(labels, score, cost)
    assert (band.confidence(score) < sure).mean() <= 0.3


def test_temperature_cools_a_model_that_is_too_sure() -> None:
    random = np.random.default_rng(1)
    margin = random.normal(0, 2, 4_000)
    labels = (random.random(4_000) < 1 / (1 + np.exp(-margin))).astype(np.int64)
    logits = np.stack([np.zeros(4_000), 3 * margin], axis=1)
    assert band.temperature(logits, labels) == pytest.approx(3.0, rel=0.15)


def test_metadata_is_json(trained: Path) -> None:
    json.dumps(store.current(trained).metadata, allow_nan=False)
