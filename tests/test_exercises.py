"""What check() says: wrong answers get a hint of their own. (test_notebooks.py runs the solutions.)"""

import pytest

from lrcourse.lessons import Exercise, all_exercises, check


@pytest.mark.parametrize("name", all_exercises())
def test_wrong_answers_get_their_own_hint(name):
    exercise = all_exercises()[name]
    assert exercise.right and exercise.hint and exercise.wrong
    for answer, hint in exercise.wrong:
        if not callable(answer) or hasattr(answer, "formula"):
            assert check(name, answer) == f"Not quite. {hint}"
    for odd in ("nonsense", object(), [], [1, 2, "x"], float("nan"), {}):
        assert not check(name, odd).startswith("Not yet")


@pytest.mark.parametrize("name", all_exercises())
def test_nothing_is_not_an_answer(name):
    assert check(name, ...).startswith("Not yet") and check(name, None).startswith("Not yet")


def test_a_name_that_no_lesson_has():
    with pytest.raises(ValueError, match="name='rate-at-99' is not allowed in check: one of .*one-update"):
        check("rate-at-99", 1)


def test_answers_may_miss_by_the_tolerance():
    exercise = Exercise(answer=2.0, right="", hint="no", tolerance=0.1)
    assert exercise.verdict(2.1).startswith("Right") and exercise.verdict(2.3).startswith("Not quite")
