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
    "syllabus": "Learning-rate decay: the course",
    "exam": "Exam",
    "exam_how": "Thirty questions, 90 minutes, one point each. "
                "Tick one answer, or write a number with three digits. A calculator is allowed.",
    "figures": "Figures",
    "project": "The project",
    "rubrics": "Rubrics of the assignments",
}
