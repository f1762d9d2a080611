"""The map of the course: ``progress()`` shows what was predicted and solved, and how well one's predictions did over time."""

from html import escape

from lrcourse.lessons import kept, predictions
from lrcourse.lessons.ui import LESSONS, MAP
from lrcourse.lessons.words import lesson_modules


def progress(keep=None, forget=False):
    """A map of the course: what you predicted, what came out as you said, and which exercises you solved.

    ``keep=False`` stops keeping any of it, ``keep=True`` goes on; ``forget=True`` deletes what was kept.
    """
    if keep not in (None, True, False):
        raise ValueError(f"keep={keep!r} is not allowed in progress: True or False")
    if forget:
        kept.forget()
        predictions.ASKED.clear()
    if keep is not None:
        kept.switch(keep)
    try:
        from lrcourse.lessons.widget import Progress
    except ImportError as error:
        if error.name not in ("anywidget", "traitlets"):
            raise
        return Map()
    return Progress()


def course():
    """The lessons with the names of their predictions and exercises, in order."""
    own = {module.__name__[-2:]: module for module in lesson_modules()}
    return [{"file": file, "title": title, "prediction": list(getattr(own.get(file[:2]), "PREDICTIONS", {})),
             "exercise": list(getattr(own.get(file[:2]), "EXERCISES", {}))} for file, title in LESSONS.items()]


def where():
    """In words, where it is kept."""
    if not kept.read()["keep"]:
        return MAP["keep_off"]
    if kept.REFUSED:
        return MAP["keep_refused"].format(why=kept.REFUSED[0])
    path = kept.place()
    word = MAP["keep_browser"] if kept.CHANNEL_OF_PAGE else MAP["keep_file"].format(file=path.name) if path else MAP["keep_kernel"]
    return f"{word} {MAP['keep_how']}"


def counts(lesson, found):
    """How much of a lesson is done: predictions made and come out, exercises solved."""
    made = [found["prediction"][name] for name in lesson["prediction"] if found["prediction"].get(name, {}).get("choice") is not None]
    done = [name for name in lesson["exercise"] if found["exercise"].get(name, {}).get("right")]
    return {"made": len(made), "predictions": len(lesson["prediction"]), "right": sum(bool(each.get("right")) for each in made),
            "solved": len(done), "exercises": len(lesson["exercise"])}


def lines(found):
    """The map as lines of text. Before anything was done it is a list of the lessons."""
    for lesson in course():
        title = f"{lesson['file'][:2]} {lesson['title']}"
        count = counts(lesson, found)
        yield f"{title}: {MAP['counts'].format(**count)}" if count["made"] or count["solved"] else title


def listed():
    """The map as (text, HTML), for where no widget can be."""
    found = kept.read()
    empty = not any(found[kind] for kind in kept.KINDS)
    head = MAP["map_empty"] if empty else MAP["map"]
    items = list(lines(found))
    foot = [] if empty else [where()]
    html = f"<p><strong>{escape(head)}</strong></p><ul>{''.join(f'<li>{escape(item)}</li>' for item in items)}</ul>"
    return "\n".join([head, *items, *foot]), html + "".join(f"<p>{escape(line)}</p>" for line in foot)


class Map:
    """The map where anywidget is missing."""

    def __repr__(self):
        return listed()[0]

    def _repr_html_(self):
        return listed()[1]


def page():
    """The map as a piece of HTML for a page without a kernel: it shows what this browser has kept."""
    from lrcourse.lessons.widget import progress_piece

    return progress_piece()
