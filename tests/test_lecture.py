"""What a lecturer hands out: the formats are those that Moodle and readers of QTI want, and they judge as the course does."""

import doctest
import io
import json
import re
import sys
import zipfile
from pathlib import Path
from xml.etree import ElementTree as xml

import nbformat
import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "lecture"))

import exam as exam_module  # noqa: E402
import figures  # noqa: E402
import formats  # noqa: E402
import plan  # noqa: E402
import questions as questions_module  # noqa: E402
from exam import exam  # noqa: E402
from questions import Question, asked, of_prediction, questions  # noqa: E402

from lrcourse.grading import variants  # noqa: E402
from lrcourse.lessons.exercises import all_exercises  # noqa: E402
from lrcourse.lessons.predictions import Choice, Free, Number, all_predictions  # noqa: E402
from lrcourse.lessons.ui import LESSONS  # noqa: E402

EVERY = list(questions().values())
QTI = f"{{{formats.QTI}}}"
PACKAGE = f"{{{formats.PACKAGE}}}"


def test_every_prediction_and_closed_exercise_is_asked():
    assert set(all_predictions()) <= set(questions())
    closed = {f"exercise-{name}" for name, each in all_exercises().items() if isinstance(each.answer, (int, float, str, list))}
    assert closed <= set(questions())
    assert set(asked()) == set(all_predictions()) | {f"exercise-{name}" for name in all_exercises()}
    for each in EVERY:
        assert 15 < len(each.text) < 1500 and "**Predict" not in each.text and "**Exercise" not in each.text, each.name
        assert each.lesson in LESSONS


@pytest.mark.parametrize("question", EVERY, ids=lambda each: each.name)
def test_each_choice_gets_an_answer_of_its_own(question):
    assert question.kind != "free"
    says = [option.say for option in question.options] + [zone.say for zone in question.zones]
    assert all(map(str.strip, says)) and question.out.strip()
    if question.options:
        rights = [option.right for option in question.options]
        assert any(rights) and not all(rights) and len({option.text for option in question.options}) == len(rights)
    else:
        assert any(zone.right for zone in question.zones) and question.other.strip()


def test_they_judge_as_the_course_does():
    for name, prediction in all_predictions().items():
        if isinstance(prediction, Choice):
            assert all(questions()[name].verdict(option) == prediction.verdict(option) for option in prediction.options), name
        elif isinstance(prediction, Number):
            for step in range(101):
                choice = prediction.low + (prediction.high - prediction.low) * step / 100
                assert questions()[name].verdict(choice) == prediction.verdict(choice), (name, choice)
    for name, exercise in all_exercises().items():
        question = questions().get(f"exercise-{name}")
        if question and question.kind == "number":
            assert question.verdict(exercise.answer)[0] and not question.verdict(exercise.answer * 1.5 + 0.1)[0], name
            for mistake, say in exercise.wrong:
                if isinstance(mistake, (int, float)) and exercise.verdict(mistake) == f"Not quite. {say}":
                    assert question.verdict(mistake) == (False, say), (name, mistake)


# ---- Moodle ----------------------------------------------------------------------------------------------------------

def test_moodle_finds_what_its_import_reads():
    quiz = xml.fromstring(formats.moodle(EVERY))
    assert quiz.tag == "quiz" and quiz[0].get("type") == "category"
    found = {each.findtext("idnumber"): each for each in quiz if each.get("type") != "category"}
    assert list(found) == list(questions())
    assert len(quiz) - len(found) == len({each.lesson for each in EVERY})
    for name, element in found.items():
        question = questions()[name]
        assert element.get("type") == {"choice": "multichoice", "number": "numerical"}[question.kind]
        for part in ("name", "questiontext", "generalfeedback"):
            assert element.findtext(f"{part}/text").strip(), (name, part)
        answers = element.findall("answer")
        assert all(answer.findtext("feedback/text").strip() for answer in answers)
        assert {answer.get("fraction") for answer in answers} == {"0", "100"}
        if question.kind == "choice":
            assert element.findtext("single") == "true"
            assert [answer.get("fraction") == "100" for answer in answers] == [option.right for option in question.options]
        else:       # Moodle takes the first answer whose value is within its tolerance; * is all else
            assert answers[-1].findtext("text") == "*" and answers[-1].get("fraction") == "0"
            for zone in question.zones:
                for value in (zone.low, zone.high, (zone.low + zone.high) / 2):
                    assert moodle_judges(answers, value) == question.verdict(value), (name, value)


def moodle_judges(answers, value):
    for answer in answers:
        text = answer.findtext("text")
        if text == "*" or abs(value - float(text)) <= float(answer.findtext("tolerance")) + 1e-12:
            return answer.get("fraction") == "100", "".join(xml.fromstring(answer.findtext("feedback/text")).itertext())


# ---- QTI -------------------------------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def package():
    with zipfile.ZipFile(io.BytesIO(formats.qti(EVERY))) as found:
        assert found.testzip() is None and found.namelist()[0] == "imsmanifest.xml"
        return {name: xml.fromstring(found.read(name)) for name in found.namelist()}


def test_the_manifest_lists_each_file_once(package):
    manifest = package["imsmanifest.xml"]
    assert manifest.findtext(f"{PACKAGE}metadata/{PACKAGE}schema") == "QTIv2.1 Package"
    assert [child.tag.removeprefix(PACKAGE) for child in manifest] == ["metadata", "organizations", "resources"]
    resources = manifest.findall(f"{PACKAGE}resources/{PACKAGE}resource")
    assert sorted(each.get("href") for each in resources) == sorted(set(package) - {"imsmanifest.xml"})
    assert all(each.find(f"{PACKAGE}file").get("href") == each.get("href") for each in resources)
    known = {each.get("identifier"): each.get("type") for each in resources}
    assert sorted(known.values()) == ["imsqti_item_xmlv2p1"] * len(EVERY) + ["imsqti_test_xmlv2p1"]
    assert {each.get("identifierref") for each in manifest.iter(f"{PACKAGE}dependency")} == set(known) - {"test"}
    refs = [each.get("href") for each in package["test.xml"].iter(f"{QTI}assessmentItemRef")]
    assert refs == [f"items/{each.name}.xml" for each in EVERY]


@pytest.mark.parametrize("question", EVERY, ids=lambda each: each.name)
def test_an_item_scores_and_answers(package, question):
    item = package[f"items/{question.name}.xml"]
    said = {each.get("identifier"): "".join(each[0].itertext()) for each in item.findall(f"{QTI}modalFeedback")}
    assert all(map(str.strip, said.values()))
    declared = {each.get("identifier") for each in item if each.tag.endswith("Declaration")}
    assert declared == {"RESPONSE", "SCORE", "MAXSCORE", "FEEDBACK"}
    score, most = item.findall(f"{QTI}outcomeDeclaration")[:2]      # without it a player takes 0 for the most that can be had
    assert (score.get("normalMaximum"), most.get("identifier"), most.findtext(f"{QTI}defaultValue/{QTI}value")) == ("1", "MAXSCORE", "1")
    correct = item.findtext(f"{QTI}responseDeclaration/{QTI}correctResponse/{QTI}value")
    if question.kind == "choice":
        options = {each.get("identifier"): "".join(each.itertext()) for each in item.iter(f"{QTI}simpleChoice")}
        mapped = {each.get("mapKey") for each in item.iter(f"{QTI}mapEntry")}
        assert list(options.values()) == [option.text for option in question.options] and correct in mapped
        for name, text in options.items():
            assert (name in mapped, said[name]) == question.verdict(text)
    else:
        assert processed(item, float(correct), said)[0]
        for zone in question.zones:
            for value in (zone.low, zone.high, (zone.low + zone.high) / 2):
                assert processed(item, value, said) == question.verdict(value), value
        assert processed(item, 1e12, said) == (False, question.other)


def processed(item, value, said):
    """What the item's responseProcessing makes of a number: its score, and the feedback shown."""
    condition = item.find(f"{QTI}responseProcessing/{QTI}responseCondition")
    for case in condition.findall(f"{QTI}responseElseIf") + [condition.find(f"{QTI}responseElse")]:
        ends = [float(each.text) for each in case.iterfind(f"{QTI}and//{QTI}baseValue")]
        if not ends or ends[0] - 1e-12 <= value <= ends[1] + 1e-12:
            outcomes = {each.get("identifier"): each.findtext(f"{QTI}baseValue") for each in case.iterfind(f"{QTI}setOutcomeValue")}
            return outcomes.get("SCORE") == "1", said[outcomes["FEEDBACK"]]


def test_a_question_of_free_words_is_told_what_came_out():
    free = Question("why", "04_why_decay", "Why?", "What is *it*, $x < 1$?", **of_prediction(Free(out="Noise & more.")))
    item = xml.fromstring(formats.item(free))
    assert item.find(f".//{QTI}extendedTextInteraction") is not None
    assert "".join(item.find(f"{QTI}modalFeedback").itertext()) == "Noise & more."
    assert xml.fromstring(formats.moodle([free]))[1].get("type") == "essay" and "Noise &amp; more." in formats.sheet([free], key=True)


# ---- the sheet -------------------------------------------------------------------------------------------------------

def test_the_sheet_asks_and_the_key_answers():
    sheet, key = formats.sheet(EVERY), formats.sheet(EVERY, key=True)
    assert sheet.count("<section>") == key.count("<section>") == len(EVERY)
    for each in EVERY:
        for option in each.options:
            assert formats.html.escape(option.text) in sheet and formats.html.escape(option.say) in key
            assert len(option.say) < 30 or formats.html.escape(option.say) not in sheet, each.name
    assert "right" not in re.sub(r"<style>.*?</style>|<script.*?</script>", "", sheet, flags=re.S).split("<body>")[0]
    assert key.count("class=right") >= len(EVERY) and "class=right" not in sheet


# ---- two editions ----------------------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def kit(tmp_path_factory):
    """The whole kit, for two students, with a secret of its own."""
    sys.path.insert(0, str(ROOT / "site"))
    import shared

    import lecture
    tmp = tmp_path_factory.mktemp("kit")
    (tmp / "students.txt").write_text("17\nab-3\n")
    originals, lecture.BUILD = lecture.BUILD, tmp
    packages, lecture.packages = lecture.packages, lambda: tmp      # MathJax stays where it is: no test here sets a formula
    (tmp / "mathjax" / "es5").mkdir(parents=True)
    (tmp / "mathjax" / "es5" / "tex-svg.js").write_text("")
    try:
        yield lecture.lecture(students=tmp / "students.txt", key=tmp / "key.json")
    finally:
        lecture.BUILD, lecture.packages = originals, packages
    assert shared.BUILD == originals


def texts(folder):
    return {path: path.read_text(encoding="utf-8") for path in folder.rglob("*") if path.is_file()
            and path.suffix not in (".zip", ".png", ".pdf")}


def test_the_students_edition_has_no_solution_no_key_and_no_hidden_seed(kit):
    student, instructor = texts(kit / "student"), texts(kit / "instructor")
    secret = json.loads(instructor[kit / "instructor" / "key.json"])["secret"]
    every = "\n".join(student.values())
    assert student and secret not in every and not any("key" in path.name or path.suffix in (".xml", ".zip") for path in student)
    for number in ("17", "ab-3"):
        for name in variants.NAMES:
            hidden = variants.key(name, number, secret)
            handed = json.loads(student[kit / "student" / "assignments" / number / f"{name}.ipynb"])
            solved = json.loads(instructor[kit / "instructor" / "solutions" / number / f"{name}.ipynb"])
            answer = "".join(solved["cells"][3]["source"])
            assert "..." in "".join(handed["cells"][3]["source"]) and "..." not in answer and answer not in every
            assert not any(str(seed) in every for seed in hidden.get("seeds", []))
            assert repr(hidden.get("labels", 0)) not in every.replace("\\", "") or name != "curves"
            assert all(not cell.get("outputs") for cell in handed["cells"])
    for each in [*EVERY, *exam().values()]:
        for option in each.options:
            assert len(option.say) < 30 or formats.html.escape(option.say) not in every, each.name
    assert not any(formats.as_html(each.text) in every for each in exam().values())


def test_a_secret_is_made_once_and_kept(kit, tmp_path):
    import lecture
    first = lecture.kept_secret(tmp_path / "key.json")
    assert lecture.kept_secret(tmp_path / "key.json") == first and len(first) == 32
    assert (tmp_path / "key.json").stat().st_mode & 0o077 == 0
    (tmp_path / "other").write_text("../x")
    with pytest.raises(ValueError, match="students="):
        lecture.numbers(tmp_path / "other")


# ---- plan and exam ---------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("module", [questions_module, exam_module])
def test_examples_run(module):
    assert doctest.testmod(module).attempted and not doctest.testmod(module).failed


def test_the_plan_knows_its_lessons():
    assert [lesson.file for lesson in plan.lessons().values()] == list(LESSONS)
    asked_there = [name for lesson in plan.lessons().values() for section in lesson.sections for name in section.predictions]
    assert sorted(asked_there) == sorted(all_predictions())
    for number, titles in plan.SKIP.items():
        assert set(titles) <= {section.title for section in plan.lessons()[number].sections}, number
    stars = sum(len(section.exercises) for lesson in plan.lessons().values() for section in lesson.sections)
    assert stars == len(all_exercises())


def test_a_lesson_names_the_time_that_a_slow_reader_keeps():
    for lesson in plan.lessons().values():
        head = nbformat.read(plan.NOTEBOOKS / f"{lesson.file}.ipynb", as_version=4).cells[0].source
        named = max(int(minutes) for minutes in re.findall(r"\d+", re.search(r"\*\*Time\*\*: ([^.]*)", head)[1]))
        assert abs(named - lesson.alone) <= 0.15 * lesson.alone, f"{lesson.file}: the head says {named}, the rule {lesson.alone}"


@pytest.mark.parametrize("count", plan.SESSIONS)
def test_a_session_fits_when_it_leaves_out_what_it_says(count):
    assert len(plan.SESSIONS[count]) == count
    names = sum(plan.SESSIONS[count], [])
    assert names == sorted(set(names)) and set(names) <= set(plan.lessons())
    for names in plan.SESSIONS[count]:
        chosen = [plan.lessons()[name] for name in names]
        said = plan.budget(sum(lesson.minutes for lesson in chosen), chosen)
        assert "reading at home" not in said, said
    page = plan.syllabus(count, instructor=True)
    assert page.count("## Session") == count and plan.RULE in page and "**Aims**" in page and "**Needed before**" in page


def test_each_prediction_has_what_to_say():
    for lesson in plan.lessons().values():
        page = plan.misconceptions(lesson)
        for section in lesson.sections:
            for name in section.predictions:
                for option in questions()[name].options:
                    assert plan.escaped(option.say) in page, name


def test_the_exam_has_thirty_questions_and_a_key():
    every = list(exam().values())
    assert len(every) == 30 and not {each.name for each in every} & set(questions())
    xml.fromstring(formats.moodle(every))
    with zipfile.ZipFile(io.BytesIO(formats.qti(every))) as package:
        assert len(package.namelist()) == 32
    for each in every:
        if each.options:
            assert sum(option.right for option in each.options) == 1 and len(each.options) == 4, each.name
        else:
            right = [zone for zone in each.zones if zone.right]
            wrong = [zone for zone in each.zones if not zone.right]
            assert not any(zone.low <= other.high and other.low <= zone.high for zone in right for other in wrong), each.name


# ---- figures ---------------------------------------------------------------------------------------------------------

def test_the_pack_has_each_figure_light_and_dark_with_its_words(kit):
    folder = kit / "instructor" / "figures"
    words = json.loads((folder / "alt.json").read_text(encoding="utf-8"))
    found = sum(len(list(figures.stored(path))) for path in sorted((ROOT / "notebooks").glob("*.ipynb")))
    assert len(words) == found > 80 and "04_cut" in words
    page = (folder / "index.html").read_text(encoding="utf-8")
    for file, said in words.items():
        assert len(said["alt"]) > 40 and formats.html.escape(said["alt"]) in page, file
        light, dark = (np.asarray(Image.open(folder / f"{file}{kind}.png").convert("RGB")) for kind in ("", ".dark"))
        assert light.shape == dark.shape and light.mean() > 128 > dark.mean(), file


def test_dark_turns_lightness_and_keeps_hue():
    assert figures.dark([255, 255, 255]).tolist() == [18] * 3 and figures.dark([0, 0, 0]).tolist() == [255] * 3
    red, green, blue = figures.dark([0, 114, 178]).astype(int)     # still blue, and lighter
    assert red < green < blue and red + blue > 178
    assert figures.dark_svg('<svg a="1"><path style="fill: #ffffff"/>') == '<svg fill="#ffffff" a="1"><path style="fill: #121212"/>'


@pytest.mark.long
def test_figures_are_drawn_as_svg(tmp_path):
    path = ROOT / "notebooks" / "00_start_here.ipynb"
    figures.pack([path], tmp_path, svg=True)
    drawn = sorted(tmp_path.glob("*.svg"))
    assert [each.name for each in drawn] == ["00_with-and-without-decay.dark.svg", "00_with-and-without-decay.svg"]
    assert all(xml.parse(each).getroot().tag.endswith("svg") for each in drawn)
