"""Questions as Moodle XML, as a package of QTI 2.1, and as a sheet to print.

Formulas stand between \\( and \\), which Moodle's MathJax filter and the sheet's own MathJax set. Of QTI's players one was tried,
``qti3-item-player`` 1.1: it shows formulas as they are written.
"""

import html
import io
import re
import zipfile
from itertools import groupby
from xml.etree import ElementTree as xml

from markdown_it import MarkdownIt
from words import WORDS

from lrcourse.lessons.predictions import plain
from lrcourse.lessons.ui import LESSONS

QTI = "http://www.imsglobal.org/xsd/imsqti_v2p1"
PACKAGE = "http://www.imsglobal.org/xsd/imscp_v1p1"
SCHEMA = "http://www.w3.org/2001/XMLSchema-instance"
FORMULA = re.compile(r"(?<![\\$])\$([^$\n]+?)\$(?!\d)|\$\$(.+?)\$\$", re.S)


def as_html(text):
    """Markdown of a notebook as XHTML; links are left out, since a quiz stands alone."""
    kept = []

    def keep(found):
        kept.append(rf"\({found[1]}\)" if found[1] else rf"\[{found[2]}\]")
        return f"\x02{len(kept) - 1}\x02"

    text = re.sub(r"(?<!!)\[([^\]]+)\]\((?:\d\d_|#|http)[^)]*\)", r"\1", FORMULA.sub(keep, text))
    rendered = MarkdownIt("commonmark", {"xhtmlOut": True, "html": False}).enable("table").render(text)
    return re.sub("\x02(\\d+)\x02", lambda found: html.escape(kept[int(found[1])], quote=False), rendered).strip()


def as_text(text):
    """Words of ``lrcourse.lessons``, which are plain, as XHTML."""
    return f"<p>{html.escape(text, quote=False)}</p>"


def number(value):
    return f"{value:.15g}"


# ---- Moodle ----------------------------------------------------------------------------------------------------------

def moodle(questions):
    """All questions as one file for Moodle's import, a category for each lesson."""
    quiz = xml.Element("quiz")
    for lesson, group in groupby(questions, key=lambda each: each.lesson):
        category = add(quiz, "question", type="category")
        add(add(category, "category"), "text", f"$course$/top/lrcourse/{of_lesson(lesson)}".replace(": ", " - "))
        for each in group:
            kind = {"choice": "multichoice", "number": "numerical", "free": "essay"}[each.kind]
            question = add(quiz, "question", type=kind)
            add(add(question, "name"), "text", f"{lesson[:2]} {each.name}")
            asks = as_text(WORDS["number"].format(unit=unit(each))) if each.zones else ""
            formatted(question, "questiontext", as_html(each.text) + asks)
            formatted(question, "generalfeedback", as_text(each.out))
            add(question, "defaultgrade", "1")
            add(question, "penalty", "0.3333333")
            add(question, "hidden", "0")
            add(question, "idnumber", each.name)
            if each.kind == "choice":
                add(question, "single", "true")
                add(question, "shuffleanswers", "true")
                add(question, "answernumbering", "abc")
            for option in each.options:
                answer = add(question, "answer", fraction="100" if option.right else "0", format="html")
                add(answer, "text", as_text(option.text))
                formatted(answer, "feedback", as_text(option.say))
            for zone in each.zones:
                answer = add(question, "answer", fraction="100" if zone.right else "0", format="moodle_auto_format")
                add(answer, "text", number((zone.low + zone.high) / 2))
                formatted(answer, "feedback", as_text(zone.say))
                add(answer, "tolerance", number((zone.high - zone.low) / 2 * (1 + 1e-9)))
            if each.zones:
                answer = add(question, "answer", fraction="0", format="moodle_auto_format")
                add(answer, "text", "*")
                formatted(answer, "feedback", as_text(each.other))
                add(answer, "tolerance", "0")
            if each.kind == "free":
                add(question, "responseformat", "editor")
    xml.indent(quiz)
    return xml.tostring(quiz, encoding="utf-8", xml_declaration=True)


def add(parent, tag, text=None, **attributes):
    element = xml.SubElement(parent, tag, attributes)
    element.text = text
    return element


def formatted(parent, tag, text):
    add(add(parent, tag, format="html"), "text", text)


def of_lesson(file):
    """The title of the lesson in that file."""
    return WORDS["lesson"].format(number=file[:2], title=LESSONS[file])


def unit(question):
    return f" ({question.unit})" if question.unit else ""


# ---- QTI 2.1 ---------------------------------------------------------------------------------------------------------

def qti(questions):
    """A zip: a manifest, an item for each question, and one test with a section for each lesson."""
    items = {each: f"items/{each.name}.xml" for each in questions}
    test = (f'<assessmentTest {spaces(QTI)} identifier="lrcourse" title="lrcourse">'
            '<testPart identifier="all" navigationMode="nonlinear" submissionMode="individual">')
    for lesson, group in groupby(questions, key=lambda each: each.lesson):
        refs = "".join(f'<assessmentItemRef identifier="ref-{each.name}" href="{items[each]}"/>' for each in group)
        test += (f'<assessmentSection identifier="lesson-{re.sub(r"[^A-Za-z0-9_-]", "-", lesson)}" title={quoted(of_lesson(lesson))} '
                 f'visible="true">{refs}</assessmentSection>')
    test += "</testPart></assessmentTest>"
    depends = "".join(f'<dependency identifierref="item-{each.name}"/>' for each in items)
    resources = "".join(f'<resource identifier="item-{each.name}" type="imsqti_item_xmlv2p1" href="{path}"><file href="{path}"/></resource>'
                        for each, path in items.items())
    manifest = (f'<manifest {spaces(PACKAGE)} identifier="lrcourse-package"><metadata><schema>QTIv2.1 Package</schema>'
                '<schemaversion>1.0.0</schemaversion></metadata><organizations/><resources>'
                f'<resource identifier="test" type="imsqti_test_xmlv2p1" href="test.xml"><file href="test.xml"/>{depends}</resource>'
                f"{resources}</resources></manifest>")
    folder = io.BytesIO()
    with zipfile.ZipFile(folder, "w", zipfile.ZIP_DEFLATED) as package:
        for path, text in {"imsmanifest.xml": manifest, "test.xml": test, **{items[each]: item(each) for each in items}}.items():
            # one time stamp for all: the same questions give the same bytes
            package.writestr(zipfile.ZipInfo(path), '<?xml version="1.0" encoding="UTF-8"?>\n' + text, zipfile.ZIP_DEFLATED)
    return folder.getvalue()


def item(question):
    body, declared, processing, feedback = {"choice": choice, "number": numeric, "free": free}[question.kind](question)
    most = 0 if question.kind == "free" else 1      # players take the most that can be had from MAXSCORE, importers from either
    outcomes = (f'<outcomeDeclaration identifier="SCORE" cardinality="single" baseType="float" normalMaximum="{most}" normalMinimum="0">'
                "<defaultValue><value>0</value></defaultValue></outcomeDeclaration>"
                '<outcomeDeclaration identifier="MAXSCORE" cardinality="single" baseType="float"><defaultValue>'
                f"<value>{most}</value></defaultValue></outcomeDeclaration>"
                '<outcomeDeclaration identifier="FEEDBACK" cardinality="single" baseType="identifier"/>')
    said = "".join(f'<modalFeedback outcomeIdentifier="FEEDBACK" identifier="{name}" showHide="show">{as_text(say)}'
                   f'{as_text(question.out) * (question.out != say)}</modalFeedback>' for name, say in feedback.items())
    return (f'<assessmentItem {spaces(QTI)} identifier="item-{question.name}" title={quoted(question.title or question.name)} '
            f'adaptive="false" timeDependent="false">{declared}{outcomes}<itemBody><div>{as_html(question.text)}</div>{body}</itemBody>'
            f"{processing}{said}</assessmentItem>")


def choice(question):
    names = {f"c{place}": option for place, option in enumerate(question.options, 1)}
    right = [name for name, option in names.items() if option.right]
    declared = ('<responseDeclaration identifier="RESPONSE" cardinality="single" baseType="identifier">'
                f"<correctResponse><value>{right[0]}</value></correctResponse>"
                f'<mapping defaultValue="0">{"".join(f"""<mapEntry mapKey="{name}" mappedValue="1"/>""" for name in right)}</mapping>'
                "</responseDeclaration>")
    body = "".join(f'<simpleChoice identifier="{name}">{html.escape(option.text, quote=False)}</simpleChoice>'
                   for name, option in names.items())
    processing = ('<responseProcessing><setOutcomeValue identifier="SCORE"><mapResponse identifier="RESPONSE"/></setOutcomeValue>'
                  '<setOutcomeValue identifier="FEEDBACK"><variable identifier="RESPONSE"/></setOutcomeValue></responseProcessing>')
    return (f'<choiceInteraction responseIdentifier="RESPONSE" shuffle="true" maxChoices="1">{body}</choiceInteraction>', declared,
            processing,
            {name: option.say for name, option in names.items()})


def numeric(question):
    names = {f"z{place}": zone for place, zone in enumerate(question.zones, 1)}
    best = next(zone for zone in question.zones if zone.right and zone.high > zone.low)
    declared = ('<responseDeclaration identifier="RESPONSE" cardinality="single" baseType="float">'
                f"<correctResponse><value>{number((best.low + best.high) / 2)}</value></correctResponse></responseDeclaration>")
    given = '<variable identifier="RESPONSE"/>'
    value = lambda at: f'<baseValue baseType="float">{number(at)}</baseValue>'
    says = lambda name: f'<setOutcomeValue identifier="FEEDBACK"><baseValue baseType="identifier">{name}</baseValue></setOutcomeValue>'
    cases = "<responseIf><isNull>" + given + "</isNull>" + says("other") + "</responseIf>"
    for name, zone in names.items():
        score = '<setOutcomeValue identifier="SCORE"><baseValue baseType="float">1</baseValue></setOutcomeValue>' if zone.right else ""
        cases += (f"<responseElseIf><and><gte>{given}{value(zone.low)}</gte><lte>{given}{value(zone.high)}</lte></and>{score}{says(name)}"
                  "</responseElseIf>")
    processing = (f'<responseProcessing><responseCondition>{cases}<responseElse>{says("other")}</responseElse></responseCondition>'
                  "</responseProcessing>")
    label = html.escape(WORDS["number"].format(unit=unit(question)), quote=False)
    return (f'<p>{label} <textEntryInteraction responseIdentifier="RESPONSE" expectedLength="12"/></p>', declared, processing,
            {**{name: zone.say for name, zone in names.items()}, "other": question.other})


def free(question):
    return ('<extendedTextInteraction responseIdentifier="RESPONSE" expectedLines="4"/>',
            '<responseDeclaration identifier="RESPONSE" cardinality="single" baseType="string"/>',
            '<responseProcessing><setOutcomeValue identifier="FEEDBACK"><baseValue baseType="identifier">out</baseValue></setOutcomeValue>'
            "</responseProcessing>", {"out": question.out})


def spaces(own):
    files = {QTI: "http://www.imsglobal.org/xsd/qti/qtiv2p1/imsqti_v2p1.xsd",
             PACKAGE: "http://www.imsglobal.org/xsd/qti/qtiv2p1/qtiv2p1_imscpv1p2_v1p0.xsd"}
    return f'xmlns="{own}" xmlns:xsi="{SCHEMA}" xsi:schemaLocation="{own} {files[own]}"'


def quoted(text):
    return f'"{html.escape(text.replace("$", ""))}"'


# ---- to print --------------------------------------------------------------------------------------------------------

PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{title}</title>
<style>
body {{ font: 11pt/1.4 serif; max-width: 45em; margin: 2em auto; padding: 0 1em; }}
h1, h2, h3 {{ font-family: sans-serif; line-height: 1.2; break-after: avoid; }}
h2 {{ margin-top: 2em; }} section {{ break-inside: avoid; margin: 1.2em 0; }} section > p:first-of-type {{ margin-top: 0; }}
ul.choices {{ list-style: "\\2610\\00a0\\00a0"; }} ul.choices .right {{ list-style: "\\2611\\00a0\\00a0"; font-weight: bold; }}
.say, .out {{ font-weight: normal; font-size: 10pt; color: #333; display: block; }}
.line {{ border-bottom: 1px solid; display: inline-block; width: 8em; }}
table {{ border-collapse: collapse; }} td, th {{ border: 1px solid #999; padding: .2em .5em; text-align: left; vertical-align: top; }}
pre {{ font-size: 9pt; white-space: pre-wrap; }} img {{ max-width: 100%; }}
@page {{ margin: 18mm; }} @media print {{ body {{ margin: 0; max-width: none; }} h2.lesson ~ h2.lesson {{ break-before: page; }} }}
</style>
<script>MathJax = {{ svg: {{ fontCache: "none" }} }}</script><script src="{root}tex-svg.js"></script>
<body>
{body}
</body></html>
"""


def document(title, text, root=""):
    """Markdown as a page; ``root`` leads from its folder to where MathJax is."""
    return page(title, f"<h1>{html.escape(title)}</h1>\n{as_html(text)}", root)


def page(title, body, root=""):
    return PAGE.format(title=html.escape(title), body=body, root=root)


def sheet(questions, key=False, title=WORDS["sheet"], how=WORDS["sheet_how"]):
    """The questions to print; with the ``key``, what is right and what is said to each choice."""
    body = f"<h1>{title}{': ' + WORDS['key'] if key else ''}</h1>"
    if not key:
        body += f'<p>{how}</p><p>{WORDS["name"]}: <span class="line" style="width: 20em"></span></p>'
    place = 0
    for lesson, group in groupby(questions, key=lambda each: each.lesson):
        body += f'<h2 class="lesson">{html.escape(of_lesson(lesson))}</h2>'
        for each in group:
            place += 1
            heading = as_html(each.title).removeprefix("<p>").removesuffix("</p>")
            body += f"<section><h3>{place}. {heading}</h3>{as_html(each.text)}"
            body += printed_key(each) if key else printed(each)
            body += "</section>\n"
    return page(title, body)


def printed(question):
    if question.kind == "choice":
        return f'<ul class="choices">{"".join(f"<li>{html.escape(option.text)}</li>" for option in question.options)}</ul>'
    label = WORDS["number"].format(unit=unit(question)) if question.kind == "number" else ""
    return f'<p>{html.escape(label)} <span class="line"></span></p>'


def printed_key(question):
    says = [(option.text, option.right, option.say) for option in question.options]
    says += [(WORDS["zone"].format(low=plain(zone.low), high=plain(zone.high)), zone.right, zone.say)
             for zone in question.zones if zone.high > zone.low]
    if question.zones:
        says.append((WORDS["other"], False, question.other))
    lines = "".join(f'<li{" class=right" if right else ""}>{html.escape(text)}<span class="say">{html.escape(say)}</span></li>'
                    for text, right, say in says)
    return f'<ul class="choices">{lines}</ul><p class="out"><b>{WORDS["out"]}.</b> {html.escape(question.out)}</p>'
