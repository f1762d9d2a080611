"""Predictions in the browser: in JupyterLab, where the run reveals, and on a page of its own; by mouse, by keyboard, by touch."""

import importlib
import json
import os
import time

import pytest
from labserver import CHROMIUM, FLAGS, READY, jupyterlab

if not os.environ.get("CI"):
    pytest.importorskip("playwright")
    if not CHROMIUM:
        pytest.skip("predictions are tried in chromium, which is not installed", allow_module_level=True)

from lrcourse.lessons import course, lesson_04, predictions, words  # noqa: E402
from lrcourse.lessons.ui import MAP, UI  # noqa: E402

LESSON = """from lrcourse.lessons import Choice, Free, Number, Order, check, lesson_04, predict, progress
lesson_04.PREDICTIONS = {
    "cut-x": Choice({"It stays": "Tempting, for nothing moved.", "It falls slowly": "Shorter steps.", "It falls": "So it did."},
                    right="It falls", out="It fell to a quarter."),
    "floor-x": Number(right=6, low=1, high=100, log=True, unit="times", within=0.25, out="Six times as high.",
                      feedback=((1, 2, "Little noise."), (20, 100, "Much."))),
    "order-x": Order(("constant", "linear", "cosine"), right=(("linear", "cosine"), "constant"), out="They tie.",
                     feedback="The constant rate is last.", wrong=((("constant", "linear"), "It looks best at first."),)),
    "why-x": Free(out="Noise."),
}"""
NAMES = ["cut-x", "floor-x", "order-x", "why-x"]
EXERCISES = len(lesson_04.EXERCISES)
FIGURE = 'schedule_curve(constant(0.1), 3, "{}")'
CELLS = [f"{LESSON}\nfrom lrcourse import constant\nfrom lrcourse.figures import schedule_curve",
         *(f'predict("{name}")' for name in NAMES), *(FIGURE.format(name) for name in NAMES), "progress()", 'check("rate-at-30", 0.03)']
AXE = """root => axe.run(root, { resultTypes: ['violations'] }).then(found => found.violations.flatMap(
  rule => rule.nodes.map(node => `${rule.id}: ${node.html.slice(0, 160)}`)))"""
SMALL = """root => [...root.querySelectorAll('button, summary, label, textarea, input:not([type=radio])')].filter(node => {
  const { width, height } = node.getBoundingClientRect();
  return width > 0 && (width < 44 || height < 43.9); }).map(node => node.outerHTML)"""
WIDE = """(root, width) => [...root.querySelectorAll('*')].filter(node => !node.closest('.lrx-spoken')
  && node.getBoundingClientRect().right > root.getBoundingClientRect().left + width + 1).map(node => node.outerHTML.slice(0, 100))"""
OUTSIDE = ("http://localhost", "http://127.0.0.1", "ws://localhost", "ws://127.0.0.1", "data:", "blob:", "file:")


def eventually(check, *wanted):
    """What the kernel or the page says, once it is what is wanted: messages take their time."""
    until = time.monotonic() + 15
    while (found := check()) not in wanted and time.monotonic() < until:
        time.sleep(0.05)
    assert found in wanted
    return found


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as running:
        chromium = running.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


def listening(page, complaints):
    page.on("pageerror", lambda error: complaints.append(f"{error} {error.stack}"))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("request", lambda request: None if request.url.startswith(OUTSIDE) else complaints.append(request.url))
    return page


def violations(page, roots):
    pytest.importorskip("markdown_it")     # of the packages that build the site, which test-oldest leaves out
    from editions import shared

    page.evaluate((shared.packages() / "axe-core" / "axe.min.js").read_text(encoding="utf-8"))
    for root in roots:
        assert page.evaluate(AXE, root) == []


# ---- in JupyterLab ---------------------------------------------------------------------------------------------------

class Lab:
    def __init__(self, page, folder):
        self.page, self.folder = page, folder

    def run(self, index):
        self.page.evaluate("""async index => { const { content } = jupyterapp.shell.currentWidget;
          content.activeCellIndex = index; await jupyterapp.commands.execute('notebook:run-cell'); }""", index)

    def python(self, code):
        text = self.page.evaluate("""async code => { let text = '';
          const future = jupyterapp.shell.currentWidget.sessionContext.session.kernel.requestExecute({ code, store_history: false });
          future.onIOPub = ({ header, content }) => { text += header.msg_type === 'stream' ? content.text
            : header.msg_type === 'error' ? content.traceback.join('\\n') : ''; };
          await future.done; return text; }""", f"import json\n{code}")
        try:
            return json.loads(text) if text else None
        except ValueError:
            raise AssertionError(text) from None

    def entry(self, name):
        return self.python(f"from lrcourse.lessons import predictions\nprint(json.dumps(predictions.ASKED[{name!r}].entry))")

    def asked(self, name):
        return self.page.locator(f"[data-prediction={name}]")

    def fresh(self, name):
        """Ask as if it had never been asked."""
        self.python("from lrcourse.lessons import kept, predictions\nkept.forget()\npredictions.ASKED.clear()")
        self.run(1 + NAMES.index(name))
        asked = self.asked(name)
        asked.and_(self.page.locator("[data-state=open]")).wait_for()
        asked.scroll_into_view_if_needed()
        return asked

    def active(self):
        return self.page.evaluate("jupyterapp.shell.currentWidget.content.activeCellIndex")


@pytest.fixture(scope="module")
def opened(tmp_path_factory, browser):
    home, complaints = tmp_path_factory.mktemp("lab"), []
    before = os.environ.pop("LRCOURSE_PROGRESS", None)
    with jupyterlab(home, CELLS) as address:
        (home / "files" / ".lrcourse").write_text("")           # as in a learner's folder
        page = listening(browser.new_page(viewport={"width": 1200, "height": 1000}), complaints)
        page.goto(address)
        page.wait_for_function(READY, arg=len(CELLS), timeout=90_000)
        lab = Lab(page, home / "files")
        for index in range(1 + len(NAMES)):
            lab.run(index)
        page.wait_for_function(f"document.querySelectorAll('.lrp').length === {len(NAMES)}", timeout=60_000)
        yield lab, complaints
        page.close()
    if before:
        os.environ["LRCOURSE_PROGRESS"] = before


@pytest.fixture
def lab(opened):
    lab, complaints = opened
    complaints.clear()
    yield lab
    assert complaints == []


def head(asked):
    return asked.locator(".lrp-head").inner_text()


def test_by_mouse_from_the_question_to_a_changed_mind(lab):
    cut = lab.fresh("cut-x")
    assert "quarter" not in "".join(lab.page.locator(".jp-Notebook .jp-OutputArea").all_inner_texts())
    cut.get_by_role("button", name="Commit").click()
    assert UI["choose_first"] in cut.inner_text()
    cut.get_by_text("It stays").click()
    assert UI["choose_first"] not in cut.inner_text()
    cut.get_by_role("button", name="Commit").click()
    assert head(cut) == "Committed: It stays" and UI["run"] in cut.inner_text() and "quarter" not in cut.inner_text()
    eventually(lambda: lab.entry("cut-x"), {"choice": "It stays"})
    cut.get_by_role("button", name=UI["change"]).click()            # not run yet: the last choice counts
    cut.get_by_text("It falls slowly").click()
    cut.get_by_role("button", name="Commit").click()
    eventually(lambda: lab.entry("cut-x"), {"choice": "It falls slowly"})
    lab.run(5)
    cut.and_(lab.page.locator("[data-state=shown]")).wait_for()
    text = cut.inner_text()
    assert head(cut) == UI["wrong"] and "It fell to a quarter." in text and "You said: It falls slowly\nShorter steps." in text
    assert "Tempting" not in text           # folded
    cut.locator("summary").click()
    assert "Tempting" in cut.inner_text() and "So it did." in cut.inner_text()
    cut.get_by_role("button", name=UI["change"]).click()
    cut.get_by_role("radio", name="It falls", exact=True).check()
    cut.get_by_role("button", name="Commit").click()
    assert "First: It falls slowly" in cut.inner_text() and "Changed after the run: It falls\nSo it did." in cut.inner_text()
    eventually(lambda: lab.entry("cut-x"), {"choice": "It falls slowly", "seen": True, "changed": "It falls"})

    # run again: the cell shows what was said; so does another kernel, from the file
    lab.run(1)
    lab.page.wait_for_function("document.querySelectorAll('[data-prediction=cut-x][data-state=shown]').length === 1")
    kept = [json.loads(line) for line in (lab.folder / ".lrcourse-progress.jsonl").read_text().splitlines() if line]
    assert {key: kept[-1][key] for key in ("prediction", "choice", "right", "changed")} == {
        "prediction": "cut-x", "choice": "It falls slowly", "right": False, "changed": "It falls"}
    lab.python("predictions.ASKED.clear()")
    lab.run(1)
    lab.page.wait_for_function("document.querySelectorAll('[data-prediction=cut-x][data-state=shown]').length === 1")
    assert "First: It falls slowly" in lab.asked("cut-x").inner_text()


def test_axe_finds_nothing_in_the_lab(lab):
    lab.python("from lrcourse.lessons import kept, predictions\nkept.forget()\npredictions.ASKED.clear()")
    for answered in (False, True):
        for index in range(len(NAMES)):
            lab.run(1 + index + answered * len(NAMES))      # the question; its figure, which shows the answer
        state = "shown" if answered else "open"
        lab.page.wait_for_function(f"document.querySelectorAll('.lrp[data-state={state}]').length === {len(NAMES)}")
        violations(lab.page, [lab.asked(name).element_handle() for name in NAMES])
    lab.run(9)
    lab.page.locator(".lrm").wait_for()
    violations(lab.page, [lab.page.locator(".lrm").element_handle()])


def test_by_keyboard(lab):
    """JupyterLab has plans of its own with arrows, Enter and letters."""
    cut = lab.fresh("cut-x")
    press = lab.page.keyboard.press
    cut.get_by_role("radio").first.focus()
    press("ArrowDown"), press("ArrowDown"), press("ArrowDown")
    assert cut.get_by_role("radio", name="It stays").is_checked()
    press("ArrowUp")
    press("Tab"), press("Enter")
    eventually(lambda: lab.entry("cut-x"), {"choice": "It falls"})
    assert lab.page.evaluate("document.activeElement.className") == "lrp-head" and lab.active() == 1
    press("Tab"), press("Enter")                # I have run it
    assert head(cut) == UI["right"]
    assert "It fell to a quarter." in cut.get_by_role("status").inner_text()

    order = lab.fresh("order-x")
    order.get_by_role("button", name="Move down: constant").focus()
    press("Enter")
    assert "constant: now 2 of 3" in order.get_by_role("status").inner_text()
    press("ArrowDown"), press("ArrowDown")
    assert lab.page.evaluate("document.activeElement.getAttribute('aria-label')") == "Move down: constant"
    order.get_by_role("button", name="Commit").focus()
    press(" ")
    eventually(lambda: lab.entry("order-x"), {"choice": ["linear", "cosine", "constant"]})
    assert lab.active() == 3
    lab.run(7)
    eventually(lambda: head(order), UI["right"])

    number = lab.fresh("floor-x")
    number.get_by_role("textbox").focus()
    lab.page.keyboard.type("1000")
    assert "1000 is outside 1 to 100." in number.inner_text()
    number.get_by_role("button", name="Commit").click()
    assert number.get_attribute("data-state") == "open"
    number.get_by_role("textbox").focus()
    press("Control+a"), lab.page.keyboard.type("many")
    assert "“many” is not a number." in number.inner_text()
    press("Control+a"), lab.page.keyboard.type("12"), press("Enter")
    assert number.get_by_role("slider").get_attribute("aria-valuetext") == "12 times"
    press("Tab"), press("ArrowRight"), press("ArrowLeft"), press("Home"), press("End"), press("Tab"), press("Enter")
    eventually(lambda: lab.entry("floor-x"), {"choice": 100})
    lab.run(6)
    eventually(lambda: head(number), UI["wrong"])
    assert "You said: 100 times\nToo high: 6 times came out. Much." in number.inner_text()

    why = lab.fresh("why-x")
    why.get_by_role("textbox").focus()
    lab.page.keyboard.type("aaa bb dd x")        # in JupyterLab: insert cells above and below, delete, cut
    press("Enter"), lab.page.keyboard.type("m")
    press("Tab"), press("Enter")
    eventually(lambda: lab.entry("why-x"), {"choice": "aaa bb dd x\nm"})
    assert lab.page.evaluate("jupyterapp.shell.currentWidget.content.widgets.length") == len(CELLS)
    lab.run(8)
    eventually(lambda: head(why), UI["free_right"])


def test_an_order_by_dragging(lab):
    order = lab.fresh("order-x")
    for item, to in (("constant", 2), ("cosine", 0)):
        grip, goal = (order.locator(f"li{of} .lrp-grip").bounding_box() for of in (f"[data-item={item}]", f":nth-child({to + 1})"))
        lab.page.mouse.move(grip["x"] + 20, grip["y"] + 20)
        lab.page.mouse.down()
        lab.page.mouse.move(goal["x"] + 20, goal["y"] + (40 if to else 4), steps=12)
        lab.page.mouse.up()
    assert order.locator("li").evaluate_all("items => items.map(item => item.dataset.item)") == ["cosine", "linear", "constant"]
    order.get_by_role("button", name="Commit").click()
    eventually(lambda: lab.entry("order-x"), {"choice": ["cosine", "linear", "constant"]})


def test_a_number_by_its_slider(lab):
    number = lab.fresh("floor-x")
    number.get_by_role("button", name="Commit").click()
    assert UI["type_first"] in number.inner_text()
    box = number.get_by_role("slider").bounding_box()
    lab.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    shown = float(number.get_by_role("textbox").input_value())
    assert 9 < shown < 11           # the middle of a logarithmic scale from 1 to 100
    number.get_by_role("button", name="Commit").click()
    eventually(lambda: lab.entry("floor-x"), {"choice": shown})


def test_looking_first_is_allowed_and_said(lab):
    cut = lab.fresh("cut-x")
    lab.run(5)                      # the figure, before anything was chosen
    eventually(lambda: head(cut), UI["no_choice"])
    cut.get_by_role("button", name=UI["change"]).click()
    cut.get_by_role("radio", name="It stays").check()
    cut.get_by_role("button", name="Commit").click()
    assert "Chosen after the run: It stays" in cut.inner_text()
    other = lab.fresh("order-x")
    other.get_by_role("button", name=UI["show"]).click()
    assert head(other) == UI["no_choice"] and "They tie." in other.inner_text()
    assert not (lab.folder / ".lrcourse-progress.jsonl").exists()


def test_the_map_shows_it(lab):
    cut = lab.fresh("cut-x")
    cut.get_by_text("It falls", exact=True).click()
    cut.get_by_role("button", name="Commit").click()
    eventually(lambda: lab.entry("cut-x"), {"choice": "It falls"})
    lab.run(10), lab.run(9)
    shown = lab.page.locator(".lrm")
    shown.wait_for()
    assert shown.get_by_role("img", name=f"1 of 4 predictions made, 1 came out; 1 of {EXERCISES} exercises solved").count() == 1
    assert "predictions made, 1 came out as you said. 1 of" in shown.inner_text()      # of those of all lessons
    assert "Kept in this folder alone, in .lrcourse-progress.jsonl." in shown.inner_text()


# ---- on a page -------------------------------------------------------------------------------------------------------

HEAD = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Predictions</title>
<style>body { margin: 8px; background: #fff; } @media (prefers-color-scheme: dark) { body { background: #111; color: #eee; } }</style>
<script>window.said = []; for (const type of ["committed", "shown"])
  document.addEventListener(`lrcourse:${type}`, event => said.push([type, event.detail.name, event.detail.choice]));
</script><main><h1>Page</h1>"""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A page with all four, and the map."""
    exec(LESSON, {})
    words.gathered.cache_clear()
    try:
        pieces = "".join(predictions.page(name, name == NAMES[0]) for name in NAMES)
        path = tmp_path_factory.mktemp("page") / "page.html"
        path.write_text(f"{HEAD}{pieces}{course.page()}</main></html>", encoding="utf-8")
    finally:
        importlib.reload(lesson_04)
        words.gathered.cache_clear()
    return path.as_uri()


@pytest.fixture(params=[("light", 1000), ("dark", 400)], ids=["light", "dark-phone"])
def page(request, browser, address):
    scheme, width = request.param
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce",
                                  has_touch=width < 500)
    complaints = []
    page = listening(context.new_page(), complaints)
    page.goto(address)
    yield page
    context.close()
    assert complaints == []


def answer(page):
    """Answer all four, each wrongly but the last."""
    at = lambda name: page.locator(f"[data-prediction={name}]")
    at("cut-x").get_by_role("radio", name="It stays").check()
    at("floor-x").get_by_role("textbox").fill("1.5")
    at("why-x").get_by_role("textbox").fill("luck")
    for name in NAMES:
        at(name).get_by_role("button", name="Commit").click()
    return at


def sound(page):
    """What axe finds, what is too small to touch, and what sticks out."""
    main = page.query_selector("main")
    violations(page, [main])
    for root in page.query_selector_all(".lrp"):
        assert root.evaluate(SMALL) == []
    assert main.evaluate(WIDE, page.viewport_size["width"] - 16) == []


def test_on_a_page_committing_shows_at_once_and_is_remembered(page):
    assert page.evaluate("said") == [] and "quarter" not in page.inner_text("body")
    sound(page)
    at = answer(page)
    assert head(at("cut-x")) == UI["wrong"] and "It fell to a quarter." in at("cut-x").inner_text()
    assert "It looks best at first." in at("order-x").inner_text() and "linear = cosine, then constant" in at("order-x").inner_text()
    assert page.evaluate("said") == [["committed", "cut-x", "It stays"], ["committed", "floor-x", 1.5],
                                     ["committed", "order-x", ["constant", "linear", "cosine"]], ["committed", "why-x", "luck"]]
    at("cut-x").locator("summary").click()
    at("cut-x").get_by_role("button", name=UI["change"]).click()
    sound(page)
    at("cut-x").get_by_role("radio", name="It falls", exact=True).check()
    at("cut-x").get_by_role("button", name="Commit").click()
    page.reload()
    page.wait_for_function("said.length === 4")     # whoever covers answers is told again
    assert "Changed after the run: It falls" in at("cut-x").inner_text()
    assert page.evaluate("said[0]") == ["committed", "cut-x", "It stays"]
    assert "4 of" in page.locator(".lrm").inner_text()
    assert page.get_by_role("img", name=f"4 of 4 predictions made, 0 came out; 0 of {EXERCISES} exercises solved").count() == 1


def test_on_a_page_by_touch_and_without_choosing(page):
    cut = page.locator("[data-prediction=cut-x]")
    button = cut.get_by_role("button", name=UI["show"])
    button.tap() if page.viewport_size["width"] < 500 else button.click()
    assert page.evaluate("said") == [["shown", "cut-x", None]] and head(cut) == UI["no_choice"]
    page.reload()
    page.wait_for_function("said.length === 1")
    assert head(cut) == UI["no_choice"] and page.evaluate("said") == [["shown", "cut-x", None]]


def test_on_a_page_it_can_be_turned_off_and_forgotten(page):
    at = answer(page)
    shown = page.locator(".lrm")
    assert "4 of" in shown.inner_text()             # it hears of them
    shown.get_by_role("button", name=MAP["forget"]).click()
    assert MAP["map_empty"] in shown.inner_text()
    shown.get_by_role("button", name=MAP["turn_off"]).click()
    page.reload()
    assert at("cut-x").get_attribute("data-state") == "open" and MAP["page_off"] in shown.inner_text()
    answer(page)
    page.reload()
    assert at("cut-x").get_attribute("data-state") == "open"


def test_a_page_whose_browser_has_no_storage_works(browser, address):
    context = browser.new_context()
    page = listening(context.new_page(), complaints := [])
    page.add_init_script("Object.defineProperty(window, 'localStorage', { get() { throw new Error('no storage'); } });")
    page.goto(address)
    at = answer(page)
    assert head(at("cut-x")) == UI["wrong"]
    context.close()
    assert complaints == []


def test_without_scripts_the_choices_stand_there_and_nothing_else(browser, address):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    text = page.inner_text("main")
    for each in ("It stays", "It falls slowly", "A number from 1 to 100 times.", "constant, linear, cosine", UI["text_free"]):
        assert each in text
    for each in ("quarter", "Tempting", "Six times", "They tie", "Noise."):
        assert each not in text
    context.close()
