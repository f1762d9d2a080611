"""The schedules in JavaScript, made from their Python source, so that each formula is written once.

A formula is a few lines of arithmetic on numbers: this translates those, and refuses what it doesn't know.

>>> from lrcourse import step_decay
>>> print(function_in_javascript(step_decay))
(t, {lr, gamma, step_size}) => {
return (lr * (gamma ** Math.floor(((t / step_size) + 1e-09))));
}
"""

import ast
import inspect
import json
import textwrap

from lrcourse.ranges import Choice, Epochs, Range, Times
from lrcourse.schedules import COOLDOWNS, SCHEDULES

OPERATORS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**", ast.Mod: "%",
             ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==="}
FUNCTIONS = {"floor": "Math.floor({})", "cos": "Math.cos({})", "sin": "Math.sin({})", "sqrt": "Math.sqrt({})",
             "exp": "Math.exp({})", "log": "Math.log({})", "log1p": "Math.log1p({})",
             "expm1": "Math.expm1({})", "abs": "Math.abs({})",
             "minimum": "Math.min({}, {})", "maximum": "Math.max({}, {})", "clip": "Math.min(Math.max({}, {}), {})",
             "where": "({} ? {} : {})", "ones_like": "1", "zeros_like": "0",
             "searchsorted": "{}.filter(m => m <= {}).length"}      # with side="right", the only one that is used


def function_in_javascript(factory):
    """A schedule's formula as a JavaScript function of the time and its parameters."""
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(factory.function))).body
    return f"(t, {{{', '.join(factory.ranges)}}}) => {_block(definition.body)}"


def formula_in_python(factory):
    """The body of a schedule's formula as Python source, without its docstring."""
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(factory.function))).body
    return "\n".join(ast.unparse(line) for line in definition.body if not _is_text(line))


def schedules_module():
    """The text of schedules.js: every formula, and for every parameter its range and its default."""
    cooldowns = {shape: _lambda(function) for shape, function in COOLDOWNS.items()}
    sources = {shape: ast.unparse(node) for shape, node in cooldowns.items()}
    catalogue = {factory.__name__: {"formula": factory.formula, "python": formula_in_python(factory),
                                    "parameters": [_parameter(factory, name) for name in factory.ranges]}
                 for factory in SCHEDULES}
    return "\n".join([
        "export const COOLDOWNS = {",
        *(f"{json.dumps(shape)}: {_expression(node)}," for shape, node in cooldowns.items()), "};",
        f"export const COOLDOWN_SOURCES = {json.dumps(sources)};",
        "export const FORMULAS = {",
        *(f"{factory.__name__}: {function_in_javascript(factory)}," for factory in SCHEDULES), "};",
        f"export const CATALOGUE = {json.dumps(catalogue)};", ""])


def _parameter(factory, name):
    allowed = factory.ranges[name]
    default = factory.__signature__.parameters[name].default
    about = {"name": name, "default": None if default is inspect.Parameter.empty else default}
    if isinstance(allowed, Choice):
        return {**about, "kind": "choice", "options": allowed.options}
    if isinstance(allowed, Times):
        return {**about, "kind": "times"}
    if isinstance(allowed, Range):
        high = None if allowed.high == float("inf") else allowed.high
        return {**about, "kind": "number", "low": allowed.low, "high": high, "open": allowed.open_low,
                "slider": allowed.slider, "log": allowed.log, "time": allowed == Epochs}
    raise TypeError(f"{name} of {factory.__name__} can't be set by a slider: {allowed}")


def _is_text(line):
    return isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant) and isinstance(line.value.value, str)


def _lambda(function):
    """The node of a lambda that stands on a line of its own, in a dict."""
    line = textwrap.dedent(inspect.getsource(function)).strip().rstrip(",")
    return next(node for node in ast.walk(ast.parse("{" + line + "}")) if isinstance(node, ast.Lambda))


def _block(lines):
    names = sorted({target.id for line in lines for node in ast.walk(line) if isinstance(node, ast.Assign)
                    for target in ast.walk(node.targets[0]) if isinstance(target, ast.Name)})
    body = [_statement(line) for line in lines if not _is_text(line)]
    return "\n".join(["{", *([f"let {', '.join(names)};"] if names else []), *body, "}"])


def _statement(line):
    match line:
        case ast.Return(value=value):
            return f"return {_expression(value)};"
        case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)):
            pairs = zip(names, values)      # all are computed before any is set, as in Python
            return f"[{', '.join(n.id for n in names)}] = [{', '.join(_expression(v) for _, v in pairs)}];"
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            return f"{name} = {_expression(value)};"
        case ast.If(test=test, body=body, orelse=other):
            then = "\n".join(_statement(part) for part in body)
            otherwise = "\n".join(_statement(part) for part in other)
            return f"if ({_expression(test)}) {{\n{then}\n}} else {{\n{otherwise}\n}}"
        case ast.FunctionDef(name=name, args=arguments, body=body):
            return f"function {name}({', '.join(a.arg for a in arguments.args)}) {_block(body)}"
    raise TypeError(f"can't be written in JavaScript: {ast.unparse(line)}")


def _expression(node):
    match node:
        case ast.Constant(value=value):
            return json.dumps(value)
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=ast.Name(id="np"), attr="pi"):
            return "Math.PI"
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return f"(-{_expression(operand)})"
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            return f"({_expression(left)} {OPERATORS[type(op)]} {_expression(right)})"
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in OPERATORS:
            return f"({_expression(left)} {OPERATORS[type(op)]} {_expression(right)})"
        case ast.IfExp(test=test, body=body, orelse=other):
            return f"({_expression(test)} ? {_expression(body)} : {_expression(other)})"
        case ast.Subscript(value=value, slice=index):
            return f"{_expression(value)}[{_expression(index)}]"
        case ast.Lambda(args=arguments, body=body):
            return f"({', '.join(a.arg for a in arguments.args)}) => {_expression(body)}"
        case ast.Call(func=ast.Attribute(value=ast.Name(id="np"), attr=name), args=args) if name in FUNCTIONS:
            return FUNCTIONS[name].format(*map(_expression, args))
        case ast.Call(func=ast.Name() | ast.Subscript() as function, args=args):
            return f"{_expression(function)}({', '.join(map(_expression, args))})"
    raise TypeError(f"can't be written in JavaScript: {ast.unparse(node)}")
