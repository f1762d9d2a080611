"""The quizzes keep the rules of QTI 2.1 and of Moodle's import, which the tables below state for what ``lecture/formats.py`` writes.

They are facts, not text, of the schemas imsqti_v2p1.xsd (final release of 2012) and imscp_v1p1.xsd (content packaging 1.1.4), and
of Moodle's question/format.php, question/format/xml/format.php and question/engine/bank.php. What the standard allows and we
don't write is not in them, so that whoever writes more looks it up first.
"""

import io
import re
import sys
import zipfile
from collections import Counter
from pathlib import Path, PurePosixPath
from xml.etree import ElementTree as xml

import pytest

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "lecture"))

import formats  # noqa: E402
from exam import exam  # noqa: E402
from questions import Question, of_prediction, questions  # noqa: E402

from lrcourse.lessons.predictions import Free  # noqa: E402

# ---- what is allowed -------------------------------------------------------------------------------------------------

TYPES = {
    "name": r"[A-Za-z_][A-Za-z0-9._-]*",                # NCName, without its letters beyond ASCII
    "text": r"(?s).*\S.*", "uri": r"[A-Za-z0-9:/._-]+",
    "boolean": r"true|false", "int": r"-?\d+", "double": r"-?\d+(\.\d+)?(e[+-]?\d+)?",
    "baseType": r"float|identifier|string", "cardinality": r"single", "location": r"\S+ \S+",
}
INLINE = "em|strong|code|br|sub|sup"
FLOW = f"p|pre|ul|ol|table|div|blockquote|hr|h1|h2|h3|{INLINE}"
EXPRESSION = "and|gte|lte|isNull|variable|baseValue|mapResponse"
RULE = "responseCondition|setOutcomeValue"
# element: its children, in order; "text" among them if it may have words. Then its attributes, ? if it may be without.
ITEM = {
    "assessmentItem": ("responseDeclaration* outcomeDeclaration* itemBody? responseProcessing? modalFeedback*",
                       "identifier=text title=text adaptive?=boolean timeDependent=boolean schemaLocation?=location"),
    "responseDeclaration": ("correctResponse? mapping?", "identifier=name cardinality=cardinality baseType?=baseType"),
    "outcomeDeclaration": ("defaultValue?",
                           "identifier=name cardinality=cardinality baseType?=baseType normalMaximum?=double normalMinimum?=double"),
    "correctResponse": ("value+", ""), "defaultValue": ("value+", ""), "value": ("text", ""),
    "mapping": ("mapEntry+", "defaultValue?=double"), "mapEntry": ("", "mapKey=text mappedValue=double"),
    "itemBody": ("(choiceInteraction|extendedTextInteraction|p|pre|ul|ol|table|div|blockquote|hr|h1|h2|h3)+", ""),
    "choiceInteraction": ("simpleChoice+", "responseIdentifier=name shuffle?=boolean maxChoices?=int"),
    "simpleChoice": (f"text ({FLOW})*", "identifier=name"),
    "textEntryInteraction": ("", "responseIdentifier=name expectedLength?=int"),
    "extendedTextInteraction": ("", "responseIdentifier=name expectedLines?=int"),
    "responseProcessing": (f"({RULE})*", ""), "responseCondition": ("responseIf responseElseIf* responseElse?", ""),
    "responseIf": (f"({EXPRESSION}) ({RULE})*", ""), "responseElseIf": (f"({EXPRESSION}) ({RULE})*", ""),
    "responseElse": (f"({RULE})*", ""), "setOutcomeValue": (f"({EXPRESSION})", "identifier=name"),
    "and": (f"({EXPRESSION})+", ""), "isNull": (f"({EXPRESSION})", ""),
    "gte": (f"({EXPRESSION}) ({EXPRESSION})", ""), "lte": (f"({EXPRESSION}) ({EXPRESSION})", ""),
    "variable": ("", "identifier=name"), "mapResponse": ("", "identifier=name"), "baseValue": ("text", "baseType=baseType"),
    "modalFeedback": (f"text ({FLOW})*", "outcomeIdentifier=name identifier=name showHide=show|hide"),
    **dict.fromkeys(("div", "li"), (f"text ({FLOW}|choiceInteraction|extendedTextInteraction|textEntryInteraction)*", "")),
    "blockquote": ("(p|pre|ul|ol|table|div|blockquote|hr|h1|h2|h3)*", ""), "ul": ("li*", ""), "ol": ("li*", ""),
    **dict.fromkeys(("p", "pre", "h1", "h2", "h3", "em", "strong", "sub", "sup"), (f"text ({INLINE}|textEntryInteraction)*", "")),
    "code": ("text", "class?=text"), "br": ("", ""), "hr": ("", ""),
    "table": ("thead? tbody+", ""), "thead": ("tr+", ""), "tbody": ("tr+", ""), "tr": ("(td|th)+", ""),
    "td": (f"text ({FLOW})*", ""), "th": (f"text ({FLOW})*", ""),
}
TEST = {
    "assessmentTest": ("testPart+", "identifier=text title=text schemaLocation?=location"),
    "testPart": ("assessmentSection+", "identifier=text navigationMode=linear|nonlinear submissionMode=individual|simultaneous"),
    "assessmentSection": ("(assessmentItemRef|assessmentSection)*", "identifier=text title=text visible=boolean"),
    "assessmentItemRef": ("", "identifier=text href=uri"),
}
MANIFEST = {
    "manifest": ("metadata? organizations resources", "identifier=name schemaLocation?=location"),
    "metadata": ("schema? schemaversion?", ""), "schema": ("text", ""), "schemaversion": ("text", ""), "organizations": ("", ""),
    "resources": ("resource*", ""), "file": ("", "href=uri"), "dependency": ("", "identifierref=text"),
    "resource": ("file* dependency*", "identifier=name type=imsqti_item_xmlv2p1|imsqti_test_xmlv2p1 href?=uri"),
}
# Moodle takes no other shares of a mark, but those below 0 too; 1 has to be among a single choice's
FRACTIONS = {0, 5, 10, 11.11111, 12.5, 14.28571, 16.66667, 20, 25, 30, 33.33333, 40, 50, 60, 66.66667, 70, 75, 80, 83.33333, 90, 100}
HTML, SAYS = ("text", "format=html|plain_text|markdown|moodle_auto_format"), "name questiontext generalfeedback"
MOODLE = {
    "category": ("text", ""), "name": ("text", ""), "questiontext": HTML, "generalfeedback": HTML, "feedback": HTML, "text": ("words", ""),
    "defaultgrade": ("double", ""), "penalty": ("double", ""), "tolerance": (r"\d.*", ""), "hidden": ("0|1", ""), "idnumber": ("words", ""),
    "single": ("true|false", ""), "shuffleanswers": ("true|false", ""), "answernumbering": ("none|abc|ABCD|123|iii|IIII", ""),
    "responseformat": ("editor|plain|monospaced|noinline|editorfilepicker", ""),
}


def rule_breaks(root, rules, space):
    """Where a file has a child, an attribute or a word that the table doesn't allow."""
    for element in root.iter():
        tag = element.tag.removeprefix(space)
        if tag not in rules or tag == element.tag:
            yield f"<{tag}> is unknown"
            continue
        children, attributes = rules[tag]
        inside = "".join(child.tag.removeprefix(space) + ";" for child in element)
        model = re.sub(r"\s", "", re.sub(r"\w+", r"(?:\g<0>;)", re.sub(r"^text\b", "", children)))
        if not re.fullmatch(model, inside):
            yield f"<{tag}> has {inside or 'nothing'} instead of {children}"
        if not children.startswith("text") and "".join([element.text or "", *(child.tail or "" for child in element)]).strip():
            yield f"<{tag}> has words"
        allowed = dict(each.split("=") for each in attributes.split())
        found = {name.split("}")[-1]: value for name, value in element.items()}
        for name, kind in allowed.items():
            value = found.pop(name.rstrip("?"), None)
            if value is None and not name.endswith("?"):
                yield f"<{tag}> has no {name}"
            if value is not None and not re.fullmatch(TYPES.get(kind, kind), value):
                yield f"<{tag} {name}={value!r}> is no {kind}"
        if found:
            yield f"<{tag}> may have no {', '.join(found)}"


# ---- what refers to what ---------------------------------------------------------------------------------------------

Q, P = f"{{{formats.QTI}}}", f"{{{formats.PACKAGE}}}"
LITERALS = {"float": TYPES["double"], "identifier": TYPES["name"], "string": TYPES["text"]}


def twice(names):
    return [f"{name!r} is there twice" for name, count in Counter(names).items() if count > 1]


def dangling(item):
    """Where an item's parts don't fit together: names nobody declared, values of another type, feedback never shown."""
    of = lambda tag, inside=item: list(inside.iter(Q + tag))
    responses, outcomes = ({each.get("identifier"): each for each in of(tag)} for tag in ("responseDeclaration", "outcomeDeclaration"))
    declared = {**outcomes, **responses}
    types = {name: each.get("baseType") for name, each in declared.items()}
    choices = [each.get("identifier") for each in of("simpleChoice")]
    yield from twice([each.get("identifier") for tag in ("responseDeclaration", "outcomeDeclaration") for each in of(tag)])
    yield from twice(choices)
    yield from twice([(each.get("outcomeIdentifier"), each.get("identifier")) for each in of("modalFeedback")])

    for tag, known in (("choiceInteraction", "identifier"), ("textEntryInteraction", "float"), ("extendedTextInteraction", "string")):
        for each in of(tag):
            if each.get("responseIdentifier") not in responses:
                yield f"<{tag}> answers to {each.get('responseIdentifier')}, which is no response"
            elif types[each.get("responseIdentifier")] != known:
                yield f"<{tag}> gives a {known}, its response is a {types[each.get('responseIdentifier')]}"
    for tag, known in (("variable", declared), ("mapResponse", responses), ("setOutcomeValue", outcomes)):
        yield from (f"<{tag}> of {each.get('identifier')}, which is unknown" for each in of(tag) if each.get("identifier") not in known)
    for each in of("mapResponse"):
        if each.get("identifier") in responses and responses[each.get("identifier")].find(f"{Q}mapping") is None:
            yield f"{each.get('identifier')} has no mapping"

    def kind(expression):
        tag = expression.tag.removeprefix(Q)
        return {"variable": lambda: types.get(expression.get("identifier")), "baseValue": lambda: expression.get("baseType"),
                "mapResponse": lambda: "float"}.get(tag, lambda: "boolean")()

    for name, each in declared.items():
        values = [value.text for value in each.iter(f"{Q}value")]
        if len(values) > 1:
            yield f"{name} is single and has {len(values)} values"
        for value in values + [entry.get("mapKey") for entry in each.iter(f"{Q}mapEntry")]:
            if not re.fullmatch(LITERALS[types[name]], value or ""):
                yield f"{name} is a {types[name]}, {value!r} is none"
            if name in responses and types[name] == "identifier" and value not in choices:
                yield f"{value!r} is no choice"
    for each in of("baseValue"):
        if not re.fullmatch(LITERALS[each.get("baseType")], each.text or ""):
            yield f"{each.text!r} is no {each.get('baseType')}"
    for each in of("gte") + of("lte"):
        yield from (f"{each.tag} compares a {kind(child)}" for child in each if kind(child) != "float")
    for each in of("and"):
        yield from (f"<and> of a {kind(child)}" for child in each if kind(child) != "boolean")
    given = set()
    for each in of("setOutcomeValue"):
        name = each.get("identifier")
        if kind(each[0]) != types.get(name):
            yield f"{name} is a {types.get(name)} and is set to a {kind(each[0])}"
        if types.get(name) == "identifier":
            given |= {(name, value) for value in ([each[0].text] if each[0].tag == f"{Q}baseValue" else choices)}
    shown = {(each.get("outcomeIdentifier"), each.get("identifier")) for each in of("modalFeedback")}
    yield from (f"nothing is said to {each}" for each in given - shown)
    yield from (f"nothing leads to what is said to {each}" for each in shown - given)


def unlisted(files, trees):
    """Where the manifest, the test and the files in the package don't agree."""
    manifest, test = trees["imsmanifest.xml"], trees["test.xml"]
    resources = manifest.findall(f".//{P}resource")
    yield from twice([each.get("identifier") for each in manifest.iter() if each.get("identifier")])
    yield from twice([each.get("identifier") for each in test.iter() if each.get("identifier")])
    yield from twice([tree.get("identifier") for name, tree in trees.items() if name.startswith("items/")])
    known = {each.get("identifier") for each in resources}
    yield from (f"no resource {each.get('identifierref')}" for each in manifest.iter(f"{P}dependency")
                if each.get("identifierref") not in known)
    for each in resources:
        listed = [file.get("href") for file in each.findall(f"{P}file")]
        yield from (f"no file {href}" for href in [each.get("href"), *listed] if href not in files)
        if each.get("href") not in listed:
            yield f"{each.get('href')} is not among its own files"
        root = {"imsqti_item_xmlv2p1": "assessmentItem", "imsqti_test_xmlv2p1": "assessmentTest"}[each.get("type")]
        if each.get("href") in trees and trees[each.get("href")].tag != Q + root:
            yield f"{each.get('href')} is no {root}"
    hrefs = {each.get("href") for each in manifest.iter(f"{P}file")}
    yield from (f"{name} is in no resource" for name in files if name not in hrefs and name != "imsmanifest.xml")
    refs = [each.get("href") for each in test.iter(f"{Q}assessmentItemRef")]
    yield from twice(refs)
    yield from (f"the test asks for {href}" for href in refs if href not in files)
    yield from (f"{name} is not asked for" for name in files if name.startswith("items/") and name not in refs)


def faults(files):
    """All that is wrong with a package, as (file, what)."""
    trees = {name: xml.fromstring(text) for name, text in files.items()}
    found = [(name, each) for name, tree in trees.items() for each in rule_breaks(tree, *schema(name))]
    if not found:       # what refers to what is only asked of files that keep the rules
        found += [(name, each) for name, tree in trees.items() if schema(name)[0] is ITEM for each in dangling(tree)]
        found += [("the package", each) for each in unlisted(files, trees)]
    return found


def schema(name):
    return {"imsmanifest.xml": (MANIFEST, P), "test.xml": (TEST, Q)}.get(name, (ITEM, Q))


def packed(every):
    with zipfile.ZipFile(io.BytesIO(formats.qti(every))) as package:
        return {name: package.read(name).decode("utf-8") for name in package.namelist()}


FREE = Question("why", "04_why_decay", "Why?", "What is *it*, $x < 1$?", **of_prediction(Free(out="Noise & more.")))
QUIZZES = {"predictions": list(questions().values()), "exam": list(exam().values()), "free": [FREE]}


@pytest.mark.parametrize("quiz", QUIZZES)
def test_a_quiz_keeps_the_rules_of_qti(quiz):
    files = packed(QUIZZES[quiz])
    assert len(files) == len(QUIZZES[quiz]) + 2 and faults(files) == []
    assert all(not PurePosixPath(name).is_absolute() and ".." not in PurePosixPath(name).parts for name in files)


# ---- what breaks a rule is found --------------------------------------------------------------------------------------

SMALL = [next(each for each in QUIZZES["predictions"] if each.kind == kind) for kind in ("choice", "number")] + [FREE]
CHOICE, NUMBER, WHY = (f"items/{each.name}.xml" for each in SMALL)
RESPONSE, OUTCOME = r"(<responseDeclaration.*?</responseDeclaration>)", r"(<outcomeDeclaration.*?</outcomeDeclaration>)"
BROKEN = {
    # children in another order, missing, or too many
    "outcomes before responses": (CHOICE, RESPONSE + OUTCOME, r"\2\1"),
    "feedback before the body": (CHOICE, "(<itemBody>.*</itemBody>)(.*)(<modalFeedback.*?</modalFeedback>)", r"\3\1\2"),
    "a mapping before the right answer": (CHOICE, "(<correctResponse>.*?</correctResponse>)(<mapping.*?</mapping>)", r"\2\1"),
    "an else before its if": (NUMBER, "(<responseIf>.*?</responseIf>)(.*)(<responseElse>.*?</responseElse>)", r"\3\1\2"),
    "a rule before its condition": (NUMBER, "(<and>.*?</and>)(<setOutcomeValue.*?</setOutcomeValue>)", r"\2\1"),
    "a comparison with one side": (NUMBER, '<gte><variable identifier="RESPONSE"/>', "<gte>"),
    "an empty mapping": (CHOICE, "(<mapping[^>]*>).*?(</mapping>)", r"\1\2"),
    "no choices": (CHOICE, "<simpleChoice.*</simpleChoice>", ""),
    "words in the body": (CHOICE, "<itemBody>", "<itemBody>Well:"),
    "a list in a paragraph": (CHOICE, "(<modalFeedback[^>]*><p>)", r"\1<ul><li>so</li></ul>"),
    "a number asked for outside a paragraph": (NUMBER, "(<itemBody>)(.*)(<textEntryInteraction[^>]*/>)", r"\1\3\2"),
    "a body in HTML's own namespace": (CHOICE, "<div>", '<div xmlns="http://www.w3.org/1999/xhtml">'),
    "resources first": ("imsmanifest.xml", "(<metadata>.*</metadata>)(<organizations/>)(<resources>.*</resources>)", r"\3\1\2"),
    "no organizations": ("imsmanifest.xml", "<organizations/>", ""),
    "a dependency before the file": ("imsmanifest.xml", "(<file [^>]*/>)(<dependency [^>]*/>)", r"\2\1"),
    "a test without a part": ("test.xml", "<testPart.*</testPart>", ""),
    # values of another type
    "a choice of numbers": (CHOICE, 'baseType="identifier"', 'baseType="float"'),
    "a score of words": (NUMBER, '<baseValue baseType="float">1</baseValue></setOutcomeValue>',
                         '<baseValue baseType="float">one</baseValue></setOutcomeValue>'),
    "a bound that is no number": (NUMBER, r'(<gte>.*?<baseValue baseType="float">)[^<]*', r"\1inf"),
    "feedback set to a number": (NUMBER, r'(identifier="FEEDBACK"><baseValue baseType=)"identifier">z1', r'\1"float">1'),
    "two right answers to one choice": (CHOICE, "(<correctResponse>)(<value>.*?</value>)", r"\1\2\2"),
    "a response of more than one value": (CHOICE, 'cardinality="single"', 'cardinality="multiple"'),
    "an identifier with a space": (CHOICE, 'simpleChoice identifier="c1"', 'simpleChoice identifier="c 1"'),
    "an identifier that starts with a digit": (CHOICE, 'simpleChoice identifier="c1"', 'simpleChoice identifier="1c"'),
    # names that nobody declared
    "an unknown response": (CHOICE, 'responseIdentifier="RESPONSE"', 'responseIdentifier="ANSWER"'),
    "an unknown number": (NUMBER, 'responseIdentifier="RESPONSE"', 'responseIdentifier="ANSWER"'),
    "an unknown outcome": (CHOICE, 'setOutcomeValue identifier="SCORE"', 'setOutcomeValue identifier="MARK"'),
    "an unknown variable": (NUMBER, 'variable identifier="RESPONSE"', 'variable identifier="ANSWER"'),
    "a response without a mapping": (CHOICE, "<mapping.*</mapping>", ""),
    "an unknown right answer": (CHOICE, "(<correctResponse><value>)[^<]*", r"\1c9"),
    "an unknown key": (CHOICE, 'mapKey="[^"]*"', 'mapKey="c9"'),
    "two choices of one name": (CHOICE, 'simpleChoice identifier="c2"', 'simpleChoice identifier="c1"'),
    "feedback to an unknown outcome": (CHOICE, 'outcomeIdentifier="FEEDBACK"', 'outcomeIdentifier="SAID"'),
    "feedback to no choice": (CHOICE, '(outcomeIdentifier="FEEDBACK" identifier=)"c1"', r'\1"c9"'),
    "a zone without feedback": (NUMBER, '<modalFeedback outcomeIdentifier="FEEDBACK" identifier="z1".*?</modalFeedback>', ""),
    "an unknown resource": ("imsmanifest.xml", 'identifierref="[^"]*"', 'identifierref="item-none"'),
    "two resources of one name": ("imsmanifest.xml", 'resource identifier="[^"]*"', 'resource identifier="test"'),
    "a file that isn't there": ("imsmanifest.xml", 'file href="items/[^"]*"', 'file href="items/none.xml"'),
    "an item that isn't there": ("test.xml", 'href="items/[^"]*"', 'href="items/none.xml"'),
    "a section of its part's name": ("test.xml", 'assessmentSection identifier="[^"]*"', 'assessmentSection identifier="all"'),
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_breaks_a_rule_of_qti_is_found(what):
    file, pattern, instead = BROKEN[what]
    files = packed(SMALL)
    broken = re.sub(pattern, instead, files[file], flags=re.S)
    assert broken != files[file]
    assert faults({**files, file: broken})


@pytest.mark.parametrize("file", ["imsmanifest.xml", "test.xml", CHOICE, NUMBER, WHY])
def test_each_attribute_and_each_child_is_looked_at(file):
    """At every element: one attribute more, one less than it needs, one with a wrong value, one child more, words, another name."""
    files = packed(SMALL)
    rules, space = schema(file)

    def caught(change):
        tree = xml.fromstring(files[file])
        change(list(tree.iter())[place])
        return faults({**files, file: xml.tostring(tree, encoding="unicode")})

    for place, element in enumerate(xml.fromstring(files[file]).iter()):
        children, attributes = rules[element.tag.removeprefix(space)]
        assert caught(lambda each: each.set("colour", "red")) and caught(lambda each: xml.SubElement(each, space + "note"))
        assert caught(lambda each: setattr(each, "tag", each.tag + "s")) and caught(lambda each: setattr(each, "tag", "{urn:x}p"))
        if not children.startswith("text"):
            assert caught(lambda each: setattr(each, "text", "words")), element.tag
        for name, kind in (each.split("=") for each in attributes.split()):
            if name.rstrip("?") in element.attrib:
                assert name.endswith("?") or caught(lambda each, name=name: each.attrib.pop(name)), (element.tag, name)
                assert kind == "location" or caught(lambda each, name=name: each.set(name.rstrip("?"), " ")), (element.tag, name)


# ---- Moodle ------------------------------------------------------------------------------------------------------------

def moodle_faults(text):
    """Where Moodle's import would refuse a question, or read another one than we mean."""
    quiz = xml.fromstring(text)
    category, numbers = None, []
    if quiz.tag != "quiz":
        yield "no quiz"
    for question in quiz:
        kind, inside = question.get("type"), [child.tag for child in question]
        single = {"multichoice": "single shuffleanswers answernumbering", "numerical": "", "essay": "responseformat"}
        if kind == "category":
            category = question.findtext("category/text", "")
            if inside != ["category"] or not re.fullmatch(r"\$course\$/top(/[^/]+)+", category):
                yield f"no category: {category}"
            continue
        if kind not in single:
            yield f"no kind of question: {kind}"
            continue
        number = question.findtext("idnumber", "")
        numbers.append((category, number))
        name = question.findtext("name/text", "")
        if not 0 < len(number) <= 100 or not 0 < len(name) <= 255:       # the columns of Moodle's table
            yield f"no name or number: {name} {number}"
        needed = ["name", "questiontext", "generalfeedback", "defaultgrade", "penalty", "hidden", "idnumber", *single[kind].split()]
        if [tag for tag in inside if tag != "answer"] != needed or inside != sorted(inside, key=lambda tag: tag == "answer"):
            yield f"{number} has {inside}"
        for element in question.iter():
            yield from moodle_element_faults(number, element)
        answers = question.findall("answer")
        marks = [float(each.get("fraction", "nan")) for each in answers]
        if any(min(abs(abs(mark) - each) for each in FRACTIONS) > 1e-3 for mark in marks if mark == mark) or any(m != m for m in marks):
            yield f"{number} gives marks of {marks}"
        if (kind == "essay") != (not answers) or answers and max(marks) != 100:
            yield f"{number} has no right answer"
        if kind == "multichoice" and (len(answers) < 2 or question.findtext("single") != "true"):
            yield f"{number} is no choice of one"
        if kind == "numerical":
            values = [each.findtext("text", "") for each in answers]
            if "*" in values[:-1] or not all(value == "*" or re.fullmatch(TYPES["double"], value) for value in values):
                yield f"{number} takes {values}"
            if not all(re.fullmatch(TYPES["double"], each.findtext("tolerance", "-")) for each in answers):
                yield f"{number} has no tolerance"
    yield from twice(numbers)


def moodle_element_faults(number, element):
    if element.tag == "question":
        if set(element.keys()) != {"type"}:
            yield f"{number} has {element.keys()}"
        return
    if element.tag == "answer":
        children = [child.tag for child in element]
        if children not in (["text", "feedback"], ["text", "feedback", "tolerance"]) or set(element.keys()) != {"fraction", "format"}:
            yield f"{number} has an answer with {children} {element.keys()}"
        return
    if element.tag not in MOODLE:
        yield f"{number} has <{element.tag}>"
        return
    content, attributes = MOODLE[element.tag]
    if content == "text":
        right = [child.tag for child in element] == ["text"] and not (element.text or "").strip()
    elif content == "words":
        right = not len(element) and (element.text or "").strip()
    else:
        right = not len(element) and re.fullmatch(TYPES.get(content, content), element.text or "")
    allowed = dict(each.split("=") for each in attributes.split())
    if not right or set(element.keys()) != set(allowed) or not all(re.fullmatch(kind, element.get(name)) for name, kind in allowed.items()):
        yield f"{number}: {xml.tostring(element, encoding='unicode')[:80]}"
    if element.get("format") == "html":
        try:
            xml.fromstring(f"<div>{element.findtext('text')}</div>")
        except xml.ParseError as error:     # a tag left open breaks the page around it
            yield f"{number}: {error}"


@pytest.mark.parametrize("quiz", QUIZZES)
def test_a_quiz_is_what_moodle_reads(quiz):
    assert list(moodle_faults(formats.moodle(QUIZZES[quiz]))) == []


UNREADABLE = {
    "a mark that Moodle hasn't": ('fraction="100"', 'fraction="99"'),
    "no right answer": ('fraction="100"', 'fraction="50"'),
    "an answer without its share": (' fraction="0"', ""),
    "no kind of question": ('type="multichoice"', 'type="choice"'),
    "a slash in the category": ("lrcourse/", "lrcourse//"),
    "a numbering that Moodle hasn't": (">abc<", ">a)<"),
    "one of two": ("<single>true<", "<single>yes<"),
    "more than one right": ("<single>true<", "<single>false<"),
    "a format that Moodle hasn't": ('questiontext format="html"', 'questiontext format="xhtml"'),
    "a tolerance in words": ("<tolerance>0<", "<tolerance>none<"),
    "no tolerance": ("<tolerance>0</tolerance>", ""),
    "a tolerance below 0": ("<tolerance>0<", "<tolerance>-1<"),
    "a number with a comma": (r"(<answer [^>]*auto_format[^>]*>\s*<text>)[^<*]+", r"\g<1>0,5"),
    "all else first": (r"(<answer [^>]*auto_format[^>]*>\s*<text>)[^<*]+", r"\1*"),
    "no name": (r"<name>.*?</name>", ""),
    "two of one number": ("(<idnumber>).*?<", r"\1same<"),
    "an answer without words": (r'(<answer fraction="\d+" format="html">\s*<text>).*?<', r"\1<"),
    "a tag left open": ("&lt;/p&gt;", ""),
    "a tag that nobody reads": ("hidden>", "visible>"),
}


@pytest.mark.parametrize("what", UNREADABLE)
def test_what_moodle_would_not_read_is_found(what):
    pattern, instead = UNREADABLE[what]
    each = SMALL[0]
    text = formats.moodle([each, Question(**{**vars(each), "name": "another"}), *SMALL[1:]]).decode("utf-8")
    broken = re.sub(pattern, instead, text, flags=re.S)
    assert broken != text and not list(moodle_faults(text))
    assert list(moodle_faults(broken))
