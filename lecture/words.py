"""What the lecturer's files say around what the lessons say."""

WORDS = {
    "questions": "Predictions and exercises",
    "sheet": "What do you predict?",
    "sheet_how": "Tick one answer for each question, or write a number, before you see the run.",
    "key": "Key",
    "name": "Name",
    "lesson": "Lesson {number}: {title}",
    "number": "A number{unit}:",
    "right": "right",
    "out": "What came out",
    "zone": "from {low} to {high}",
    "other": "anything else",
    "rubrics": "Rubrics of the assignments",
}
