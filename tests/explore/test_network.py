"""The network explorer: its three ledgers agree, and it says so when something is wrong."""

import json
import random
import subprocess
import sys

import keras
import pytest
import traitlets
from keras import layers
from playwright.sync_api import expect

from course import explore, models
from course.explore.base import bundle
from course.explore.network import HEADS, NetworkExplorer, facts, ledger_of
from course.ledger import HEADINGS, ledger
from course.models import PRESETS
from explore.conftest import stop_clock

FACTS = ["name", "kind", "shape", "pads", "params", "macs", "activations", "field"]
IN_THE_BROWSER = """async ({ source, networks, heads }) => {
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const { ledgerRows } = await import(url);
  return JSON.stringify(networks.map((each) => ledgerRows(each, heads)));
}"""
# A kernel that answers when the test says so; it is what anywidget hands to a view.
FAKE_KERNEL = """async ({ source, state }) => {
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const view = (await import(url)).default;
  const listeners = {};
  window.sent = [];
  window.emit = (event, ...data) => (listeners[event] ?? []).forEach((each) => each(...data));
  window.model = {
    widget_manager: { kernel: { status: "idle" } },
    get: (name) => state[name],
    set(name, value) { state[name] = value; emit("change"); },
    save_changes() {},
    on: (event, listener) => (listeners[event] ??= []).push(listener),
    off(event, listener) {
      listeners[event] = listeners[event].filter((each) => each !== listener);
    },
    send: (content) => sent.push(content),
  };
  const el = document.body.appendChild(document.createElement("div"));
  window.leave = view.render({ model, el });
}"""


def random_network(rng: random.Random, largest: int = 64) -> dict:
    """Settings as a student could drag them."""
    convolutions = [
        {
            "kernel_size": rng.randint(1, 7),
            "strides": rng.choice([1, 1, 2, 3]),
            "padding": rng.choice(["valid", "same"]),
            "filters": rng.randint(1, largest),
        }
        for _ in range(rng.randint(1, 6))
    ]
    return {
        "n": rng.randint(1, largest),
        "channels": rng.randint(1, 4),
        "layers": convolutions,
        "head": rng.choice(["dense", "average"]),
    }


def preset_settings(name: str) -> dict:
    return settings_of(explore.network(name))


def settings_of(explorer: NetworkExplorer) -> dict:
    return {name: getattr(explorer, name) for name in ("n", "channels", "layers", "head")}


def browser_ledgers(page, networks: list[dict]) -> list[dict]:
    source = bundle("network") + '\nexport const { ledgerRows } = modules["network.js"];'
    return json.loads(
        page.evaluate(IN_THE_BROWSER, {"source": source, "networks": networks, "heads": HEADS})
    )


def in_keras(settings: dict) -> keras.Model | str:
    """The model, or the name of the layer that Keras refuses; built unlike the explorer does."""
    image = x = keras.Input((settings["n"], settings["n"], settings["channels"]))
    for number, each in enumerate(settings["layers"], start=1):
        try:
            x = layers.Conv2D(**each, name=f"conv{number}")(x)
        except ValueError:
            return f"conv{number}"
    if settings["head"] == "dense":
        x = layers.Dense(128, name="hidden")(layers.Flatten(name="flatten")(x))
    else:
        x = layers.GlobalAveragePooling2D(name="pool")(x)
    return keras.Model(image, layers.Dense(10, name="digit")(x))


def ask(explorer: NetworkExplorer, settings: dict, answer: dict) -> str:
    """What Python says to a view that shows these rows and asks for the model."""
    broken = answer["broken"]["name"] if answer["broken"] else None
    message = {"build": settings, "rows": answer["rows"], "broken": broken}
    explorer._handle_custom_msg(message, [])
    return explorer.built


def text_table(page) -> list[list[str]]:
    """The ledger on the page, once the next picture is drawn."""
    return page.evaluate("""async () => {
      for (const _ of "12") await new Promise(requestAnimationFrame);
      const rows = [...document.querySelectorAll(".course-explorer table tr")];
      return rows.map((row) => [...row.cells].map((cell) => cell.textContent));
    }""")


# The three ledgers


def test_browser_and_python_agree_on_random_networks(page):
    rng = random.Random(1)
    networks = [random_network(rng) for _ in range(600)]
    broken = 0
    for settings, answer in zip(networks, browser_ledgers(page, networks), strict=True):
        rows, trouble = ledger_of(settings)
        ours = [facts(row) for row in rows]
        assert answer["rows"][: len(ours)] == ours
        if trouble:
            broken += 1
            assert answer["broken"]["index"] == trouble.layer
            assert answer["broken"]["why"] == trouble.why
            assert answer["broken"]["nearest"] == trouble.nearest
            assert all(set(row) == {"name", "kind"} for row in answer["rows"][len(ours) :])
        else:
            assert answer["broken"] is None
            assert len(answer["rows"]) == len(ours)
    assert 100 < broken < 500


def test_browser_and_keras_agree_on_random_networks(page):
    rng = random.Random(2)
    networks = [preset_settings(name) for name in PRESETS]
    networks += [random_network(rng, largest=24) for _ in range(60)]
    built = refused = 0
    for settings, answer in zip(networks, browser_ledgers(page, networks), strict=True):
        model = in_keras(settings)
        if isinstance(model, str):
            refused += 1
            assert answer["broken"]["name"] == model
            continue
        built += 1
        assert answer["broken"] is None
        rows = [row for row in ledger(model) if row.kind != "InputLayer"]
        for here, row in zip(answer["rows"], rows, strict=True):
            assert list(here) == FACTS
            assert (here["name"], here["kind"]) == (row.name, row.kind)
            assert tuple(here["shape"]) == row.output_shape[1:]
            assert row.pads == (here["pads"] and (tuple(here["pads"]),) * 2)
            costs = here["params"], here["macs"], here["activations"]
            assert costs == (row.params, row.macs, row.activations)
            assert [axis.size for axis in row.field] == [here["field"]] * 2
    assert built >= 24
    assert refused >= 12


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_are_the_three_classifiers(page, open_explorer, preset):
    other = "same" if preset == "valid" else "valid"
    open_explorer(page, explore.network(other))
    button = page.get_by_role("button", name=preset, exact=True)
    expect(button).to_have_attribute("aria-pressed", "false")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    reference = ledger(getattr(models, preset)())
    head, *body, total = text_table(page)
    assert body == [list(row.cells()) for row in reference]
    assert head == [*HEADINGS]
    totals = reference.total_params, reference.total_macs, reference.total_activations
    assert total[3:6] == [f"{number:,}" for number in totals]
    bars = page.get_by_role("img")
    expect(bars.nth(0)).to_contain_text(f"{reference.total_params:,}")
    expect(bars.nth(1)).to_contain_text(f"{reference.total_macs:,}")


# Building in Keras


@pytest.mark.parametrize("preset", PRESETS)
def test_build_makes_the_model_of_the_course(preset):
    explorer = explore.network(preset)
    model, reference = explorer.build(), getattr(models, preset)()
    assert list(ledger(model)) == list(ledger(reference))
    assert model.name == reference.name
    activations = [
        [getattr(each, "activation", None) for each in m.layers] for m in (model, reference)
    ]
    assert activations[0] == activations[1]
    assert settings_of(explore.network(model)) == settings_of(explorer)
    assert settings_of(explore.network(reference)) == settings_of(explorer)


def test_build_round_trips():
    rng = random.Random(3)
    trips = 0
    while trips < 12:
        settings = random_network(rng, largest=12)
        if ledger_of(settings)[1]:
            continue
        trips += 1
        model = NetworkExplorer(**settings).build()
        assert settings_of(explore.network(model)) == settings
        pool = "flatten" if settings["head"] == "dense" else "pool"
        names = [f"conv{number + 1}" for number in range(len(settings["layers"]))]
        hidden = ["hidden"] if settings["head"] == "dense" else []
        assert [each.name for each in model.layers] == [*names, pool, *hidden, "digit"]


def test_build_names_the_layer_that_keras_refuses():
    with pytest.raises(ValueError, match="Keras cannot build conv2: Computed output size"):
        explore.network([{}, {"kernel_size": 9}], n=8).build()


def test_keras_agrees_line_by_line(page):
    networks = [preset_settings(name) for name in PRESETS]
    networks.append(networks[0] | {"head": "average"})
    explorer = explore.network()
    for settings, answer in zip(networks, browser_ledgers(page, networks), strict=True):
        said, summary = ask(explorer, settings, answer).split("\n\n", 1)
        model = in_keras(settings)
        count = len(answer["rows"])
        assert said == f"Keras agrees: {count} layers, {model.count_params():,} parameters."
        assert all(f"{row['name']} ({row['kind']})" in summary for row in answer["rows"])
        assert "\x1b" not in summary
        assert explorer.built_of == settings


@pytest.mark.parametrize("fact", FACTS)
def test_keras_disagrees_with_a_wrong_row(page, fact):
    settings = preset_settings("strided")
    (answer,) = browser_ledgers(page, [settings])
    right = answer["rows"][1][fact]
    answer["rows"][1][fact] = "wrong"
    said, _ = ask(explore.network(), settings, answer).split("\n\n", 1)
    name = "wrong" if fact == "name" else "conv2"
    assert said == f"Keras disagrees. {name}: {fact} is wrong here and {right} in Keras."


def test_keras_disagrees_with_a_missing_row(page):
    settings = preset_settings("strided")
    (answer,) = browser_ledgers(page, [settings])
    answer["rows"].pop()
    assert ask(explore.network(), settings, answer).startswith("Keras disagrees. ")


def test_keras_names_the_broken_layer_too(page):
    settings = preset_settings("valid") | {"n": 4}
    (answer,) = browser_ledgers(page, [settings])
    explorer = explore.network()
    said = ask(explorer, settings, answer)
    assert said.startswith("Keras agrees. Keras cannot build conv2: Computed output size")
    answer["broken"]["name"] = "conv3"
    assert ask(explorer, settings, answer).startswith("Keras disagrees. Keras cannot build conv2")
    answer["broken"] = None
    assert ask(explorer, settings, answer).startswith("Keras disagrees. Keras cannot build conv2")
    possible = preset_settings("valid")
    answer["broken"] = {"name": "conv1"}
    said = ask(explorer, possible, answer)
    assert said.startswith("Keras disagrees: it builds conv1.")


def test_trouble_while_building_is_a_sentence(monkeypatch):
    def fail(*args, **kwargs):
        raise MemoryError

    explorer, settings = explore.network(), preset_settings("valid")
    rows = {"rows": [], "broken": None}
    large = settings | {"n": 2000}
    said = ask(explorer, large, rows)
    assert said.startswith("Keras could not build this network. Its 16,")
    assert "make n or filters smaller" in said
    with pytest.raises(ValueError, match="GB of memory"):
        NetworkExplorer(**large).build()
    monkeypatch.setattr(keras, "Sequential", fail)
    assert ask(explorer, settings, rows) == "Keras could not build this network. MemoryError"


def test_other_messages_are_none_of_its_business():
    explorer = explore.network()
    explorer._handle_custom_msg({"something": "else"}, [])
    assert explorer.built == ""


@pytest.mark.slow
def test_keras_is_loaded_only_to_build():
    code = (
        "import sys\nfrom course import explore\n"
        "explorer = explore.network('same')\nexplorer._repr_mimebundle_()\n"
        "assert 'keras' not in sys.modules\nexplorer.build()\nassert 'keras' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


# The view and the kernel


@pytest.fixture
def fake_kernel(page):
    """A page with the explorer in it, and a kernel that the test plays."""
    page.set_content("<!doctype html>")
    stop_clock(page)
    state = explore.network("same").state()
    page.evaluate(FAKE_KERNEL, {"source": bundle("network"), "state": state})
    return page


def test_view_shows_what_keras_said(fake_kernel):
    page, said = fake_kernel, fake_kernel.locator(".course-explorer .course-formula")
    page.get_by_role("button", name="Build in Keras").click()
    expect(said).to_contain_text("Waiting for the kernel")
    (message,) = page.evaluate("sent")
    assert ask(explore.network(), message["build"], {"broken": None, **message}).startswith(
        "Keras agrees: 6 layers"
    )
    page.evaluate("emit('msg:custom', { build: 'started' })")
    expect(said).to_contain_text("The kernel builds the network")
    page.clock.run_for(20_000)  # TensorFlow may take that long to load
    expect(said).to_contain_text("The kernel builds the network")
    page.evaluate("of => model.set('built_of', of)", message["build"])
    page.evaluate("model.set('built', 'Keras agrees.\\n\\nModel:\\n\\n a table')")
    page.evaluate("emit('msg:custom', { build: 'done' })")
    page.clock.run_for(100)
    expect(said).to_have_text("Keras agrees.")
    expect(page.get_by_role("group", name="model.summary()")).to_have_text("Model:\n\n a table")
    page.get_by_label("n, input size").press("ArrowRight")
    page.clock.run_for(100)
    expect(said).to_have_text("The network has changed since Keras built it.")
    expect(page.get_by_role("group", name="model.summary()")).to_be_hidden()
    page.get_by_label("n, input size").press("ArrowLeft")
    page.clock.run_for(100)
    expect(said).to_have_text("Keras agrees.")


def test_view_waits_for_a_busy_kernel(fake_kernel):
    page, said = fake_kernel, fake_kernel.locator(".course-explorer .course-formula")
    page.evaluate("model.widget_manager.kernel.status = 'busy'")
    page.get_by_role("button", name="Build in Keras").click()
    page.clock.run_for(60_000)
    expect(said).to_contain_text("Waiting: the kernel is busy")
    page.get_by_label("n, input size").press("ArrowRight")
    page.clock.run_for(1000)
    expect(said).to_contain_text("Waiting: the kernel is busy")
    page.evaluate("model.widget_manager.kernel.status = 'restarting'")
    page.clock.run_for(10_000)
    expect(said).to_contain_text("No kernel answers")


@pytest.mark.parametrize(
    "gone",
    [
        "void (model.send = () => { throw new Error('Kernel is dead') })",
        "model.widget_manager.kernel.status = 'dead'",
        "model.widget_manager.kernel = null",
        "delete model.widget_manager",
    ],
)
def test_view_without_an_answer_says_kindly_what_is_missing(fake_kernel, gone):
    page = fake_kernel
    page.evaluate(gone)
    page.get_by_role("button", name="Build in Keras").click()
    page.clock.run_for(10_000)
    said = page.locator(".course-explorer .course-formula")
    expect(said).to_contain_text("No kernel answers, and building needs one")
    page.evaluate("emit('msg:custom', { build: 'started' })")  # it was only slow
    expect(said).to_contain_text("The kernel builds the network")


def test_a_view_that_has_left_does_nothing_more(fake_kernel):
    page = fake_kernel
    page.get_by_role("button", name="Build in Keras").click()
    page.clock.run_for(500)  # until it has said aloud what it shows
    before = page.locator(".course-explorer").inner_html()
    page.evaluate("leave(); model.set('n', 9); emit('msg:custom', { build: 'started' })")
    page.clock.run_for(10_000)
    assert page.locator(".course-explorer").inner_html() == before


def test_build_button_without_a_kernel(page, open_explorer):
    stop_clock(page)
    open_explorer(page, explore.network())
    button = page.get_by_role("button", name="Build in Keras")
    button.focus()
    page.keyboard.press("Enter")
    said = page.locator(".course-explorer .course-formula")
    expect(said).to_contain_text("Waiting for the kernel")
    page.clock.run_for(10_000)
    expect(said).to_contain_text("No kernel answers, and building needs one")
    page.get_by_label("channels").press("ArrowRight")
    page.clock.run_for(100)
    expect(said).to_have_text("")


# The view


def test_ledger_follows_the_keyboard(page, open_explorer):
    explorer = explore.network("same")
    stop_clock(page)  # or a slow machine would say aloud what stands after half of the keys
    open_explorer(page, explorer)
    settings = settings_of(explorer)
    conv1 = page.get_by_role("group", name="conv1")
    conv1.get_by_label("kernel_size").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")  # strides 1 → 2
    page.keyboard.press("Tab")
    page.keyboard.press("v")  # padding same → valid
    page.keyboard.press("Tab")
    page.keyboard.press("Home")  # filters 32 → 1
    page.clock.resume()
    settings["layers"][0] |= {"strides": 2, "padding": "valid", "filters": 1}
    expect(conv1.get_by_label("filters")).to_have_value("1")
    reference = ledger(in_keras(settings))
    expected = [list(row.cells()) for row in reference if row.kind != "InputLayer"]
    assert text_table(page)[1:-1] == expected
    spoken = page.locator(".course-aloud")
    params, macs = reference.total_params, reference.total_macs
    expect(spoken).to_have_text(f"Maps 28, 13, 13, 13. {params:,} parameters, {macs:,} MACs.")
    expect(page.get_by_role("img").first).to_contain_text("at first 3,231,498")


def test_convolutions_are_added_and_removed(page, open_explorer):
    open_explorer(page, explore.network())
    add = page.get_by_role("button", name="Add a convolution")
    remove = page.get_by_role("button", name="Remove the last")
    cards = page.get_by_role("group", name="conv")
    for count in (4, 5, 6):
        add.click()
        expect(cards).to_have_count(count)
    expect(add).to_be_disabled()
    for count in (5, 4, 3, 2, 1):
        remove.click()
        expect(cards).to_have_count(count)
    expect(remove).to_be_disabled()
    page.get_by_label("head").select_option(index=1)
    first_column = [row[0] for row in text_table(page)[1:]]
    assert first_column == [
        "conv1 (Conv2D)", "pool (GlobalAveragePooling2D)", "digit (Dense)", "total",
    ]  # fmt: skip


def test_impossible_network_names_the_layer_and_offers_what_works(page, open_explorer):
    explorer = explore.network([{}, {"strides": 4}, {"kernel_size": 5}, {}], n=10)
    open_explorer(page, explorer)
    _, broken = ledger_of(settings_of(explorer))
    name, error = f"conv{broken.layer + 1}", broken.error
    assert name == "conv3"
    trouble = page.locator(".course-impossible")
    expect(trouble).to_contain_text(f"{name}: {error}")
    *rows, total = text_table(page)[1:]
    assert "–" not in "".join(rows[0] + rows[1])
    assert rows[2][0] == "conv3 (Conv2D) does not fit"
    assert {cell for row in rows[2:] for cell in row[1:]} == {"–"}
    assert set(total[3:6]) == {"–"}
    expect(page.get_by_role("img").first).to_be_hidden()
    fix = page.get_by_role("button", name="Use kernel_size = 2 in conv3, kernel_size = 1 in conv4")
    fix.focus()
    page.keyboard.press("Enter")
    expect(trouble).to_be_hidden()
    slider = page.get_by_role("group", name="conv3").get_by_label("kernel_size")
    expect(slider).to_be_focused()
    expect(slider).to_have_value("2")
    assert "–" not in "".join(cell for row in text_table(page)[1:3] for cell in row)


# Python


def test_picture_says_what_it_draws():
    explorer = explore.network("strided")
    alt, reference = explorer.picture().alt, ledger(models.strided())
    for row in reference:
        assert f"{row.name} {' × '.join(map(str, row.output_shape[1:]))}" in alt
        if row.macs:
            assert f"{row.name} {row.macs:,} = " in alt
    assert f"strided: {reference.total_params:,} parameters" in alt
    assert "conv3 7 × 7 × 32, receptive field 15," in alt
    assert repr(explorer) == alt


def test_picture_of_an_impossible_network_shows_the_nearest():
    explorer = explore.network([{}, {"kernel_size": 5}, {}], n=5)
    alt = explorer.picture().alt
    _, broken = ledger_of(settings_of(explorer))
    assert alt.startswith(f"conv2: {broken.error} The picture shows kernel_size=3. conv3: ")
    assert "conv2 1 × 1 × 32" in alt
    assert explorer.layers[1]["kernel_size"] == 5  # the explorer itself is as it was


@pytest.mark.parametrize(
    ("layer", "hint"),
    [
        (
            {"kernel_size": 0},
            "kernel_size=0 is impossible: it must be at least 1. Try kernel_size=1",
        ),
        ({"strides": 1.5}, "strides=1.5 is impossible: it must be a whole number. Try strides=2"),
        ({"strides": (2, 2)}, "it must be one whole number; .* Try strides=2"),
        ({"filters": -3}, "filters=-3 is impossible: it must be at least 1. Try filters=1"),
        ({"padding": "sme"}, "padding='sme' is impossible: .* Try padding='same'"),
        ({"padding": "causal"}, 'a Conv2D takes "valid" or "same"'),
        ({"padding": 1}, 'a Conv2D takes "valid" or "same"'),
        ({"stride": 2}, "give a dict with any of kernel_size, strides"),
        (3, "give a dict"),
    ],
)
def test_wrong_layers_name_layer_and_setting(layer, hint):
    with pytest.raises(traitlets.TraitError, match=f"conv2.*{hint}"):
        explore.network([{}, layer])
    explorer = explore.network("same")
    before = explorer.layers
    with pytest.raises(traitlets.TraitError, match=f"conv2.*{hint}"):
        explorer.layers = [{}, layer]
    assert explorer.layers == before


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        ({"n": 0}, "n=0 is impossible: it must be at least 1. Try n=1"),
        ({"channels": "1"}, "channels='1' is impossible: it must be a whole number"),
        ({"head": "max"}, "any of .*'dense', 'average'"),
        ({"layers": []}, "give a list of 1 to 6 dicts"),
        ({"layers": [{}] * 7}, "give a list of 1 to 6 dicts"),
        ({"layers": 3}, "give a list of 1 to 6 dicts"),
    ],
)
def test_wrong_traits_say_what_to_write(options, hint):
    with pytest.raises(traitlets.TraitError, match=hint):
        explore.network(**options)


def test_built_is_for_reading():
    with pytest.raises(traitlets.TraitError):
        explore.network().built = "Keras agrees."


def test_unknown_preset_names_the_nearest():
    with pytest.raises(ValueError, match=r"no preset 'vlid': .*\. Try 'valid'"):
        explore.network("vlid")


def sequential(*stack, shape=(8, 8, 1)) -> keras.Model:
    return keras.Sequential([keras.Input(shape), *stack])


def head():
    return [layers.GlobalAveragePooling2D(), layers.Dense(10)]


@pytest.mark.parametrize(
    ("make", "hint"),
    [
        (lambda: "valid".encode, "this is a builtin_function_or_method"),
        (lambda: keras.Model(i := keras.Input((8, 8, 1)), layers.Conv2D(4, 3)(i)), "Functional"),
        (lambda: keras.Sequential([layers.Conv2D(4, 3), *head()]), "input shape unknown"),
        (lambda: sequential(layers.Conv2D(4, 3), *head(), shape=(8, 9, 1)), r"\(None, 8, 9, 1\)"),
        (lambda: sequential(layers.Conv2D(4, 3), *head(), shape=(None, None, 1)), "input shape"),
        (lambda: sequential(*head()), "has the layers"),
        (lambda: sequential(layers.Conv2D(4, 3), layers.Dropout(0.5), *head()), "Dropout"),
        (lambda: sequential(layers.Conv2D(4, 3)), "has the layers"),
        (lambda: sequential(layers.Conv2D(4, 3), layers.Flatten(), layers.Dense(10)), "Flatten"),
        (lambda: sequential(*(layers.Conv2D(4, 1) for _ in range(7)), *head()), "has the layers"),
        (lambda: sequential(layers.Conv2D(4, (3, 1)), *head()), r"kernel_size=\(3, 1\)"),
        (lambda: sequential(layers.Conv2D(4, 3, (2, 1)), *head()), r"strides=\(2, 1\)"),
        (lambda: sequential(layers.Conv2D(4, 3, dilation_rate=2), *head()), "dilation_rate"),
        (lambda: sequential(layers.Conv2D(4, 3, use_bias=False), *head()), "use_bias=False"),
    ],
)
def test_foreign_models_are_refused_with_what_can_be_shown(make, hint):
    with pytest.raises(ValueError, match=f"{hint}.*explore.network shows a keras.Sequential"):
        explore.network(make())


def test_settings_may_be_given_beside_layers():
    explorer = explore.network([{"filters": 4}, {"strides": 2}], n=20, channels=3, head="average")
    assert settings_of(explore.network(explorer.build())) == settings_of(explorer)
    assert (explorer.n, explorer.channels, explorer.head) == (20, 3, "average")
    assert explorer.layers[0] == {"kernel_size": 3, "strides": 1, "padding": "valid", "filters": 4}


@pytest.mark.parametrize("width", [464, 600, 716, 900])
def test_a_short_kind_of_layer_is_not_broken(page, open_explorer, width):
    open_explorer(page, explore.network("same"), width=width)
    lines = page.evaluate(
        """[...document.querySelectorAll(".course-explorer tbody th")].map((head) => {
             const text = [...head.childNodes].find((node) => node.nodeType === 3);
             const range = document.createRange();
             const word = text.data.indexOf("(");
             range.setStart(text, Math.max(word, 0));
             range.setEnd(text, text.data.length);
             return range.getClientRects().length;
           })"""
    )
    assert lines == [1] * 7  # six layers and the total
