"""Measures the structure of the package. Usage: python -m tools.measure_structure [SRC].

Prints modules, lines (and lines of code: neither blank, comment nor docstring), functions whose
body is longer than 40 lines, the share of `cli/`, comments in a hundred lines of code, and groups
of modules that import each other, also inside of functions.
"""

import ast
import io
import sys
import tokenize
from pathlib import Path

LONG_BODY = 40


def code_lines(text: str) -> tuple[int, int]:
    """Returns lines of code and of comments."""
    tree = ast.parse(text)
    docs = set()
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
            value = body[0].value
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                docs.update(range(body[0].lineno, (body[0].end_lineno or body[0].lineno) + 1))
    comments, code = set(), set()
    skipped = {tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            comments.add(token.start[0])
        elif token.type not in skipped:
            code.update(range(token.start[0], token.end[0] + 1))
    return len(code - docs), len(comments - docs)


def body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Returns the lines of a function's body without its docstring."""
    body = node.body
    if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        body = body[1:]
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def imports(tree: ast.AST, names: set[str]) -> set[str]:
    """Returns which of the named modules a module imports while it runs."""
    for node in ast.walk(tree):  # what type checkers alone see is no import
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            node.body = [ast.Pass()]
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for one in node.names:
                deeper = f"{node.module}.{one.name}"
                found.add(deeper if deeper in names else node.module)
        elif isinstance(node, ast.Import):
            found.update(one.name for one in node.names)
    return found & names


def loops(edges: dict[str, set[str]]) -> list[list[str]]:
    """Returns groups of modules that reach each other."""

    def reached(start: str) -> set[str]:
        seen: set[str] = set()
        queue = [start]
        while queue:
            for one in edges[queue.pop()] - seen:
                seen.add(one)
                queue.append(one)
        return seen

    reach = {name: reached(name) for name in edges}
    groups = {
        tuple(sorted(other for other in reach[name] if name in reach[other]))
        for name in edges
        if name in reach[name]
    }
    return [list(group) for group in sorted(groups)]


def main() -> None:
    """Prints the figures."""
    root = Path(sys.argv[1] if len(sys.argv) > 1 else "src")
    texts = {
        ".".join(path.relative_to(root).with_suffix("").parts): path.read_text(encoding="utf-8")
        for path in sorted(root.rglob("*.py"))
    }
    sizes = {name: code_lines(text) for name, text in texts.items()}
    n_code, n_comments = (sum(pair[i] for pair in sizes.values()) for i in (0, 1))
    n_cli = sum(pair[0] for name, pair in sizes.items() if ".cli" in name)
    trees = {name: ast.parse(text) for name, text in texts.items()}
    functions = [
        (body_lines(node), f"{name}.{node.name}")
        for name, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]
    long = sorted((pair for pair in functions if pair[0] > LONG_BODY), reverse=True)
    names = {name for name in texts if not name.endswith("__init__")}
    edges = {name: imports(trees[name], names) for name in names}
    print(f"modules {len(names)} (and {len(texts) - len(names)} __init__)")
    print(f"lines {sum(text.count(chr(10)) for text in texts.values())}, of code {n_code}")
    print(f"cli/ {n_cli} lines of code, {100 * n_cli / n_code:.0f} %")
    print(f"functions {len(functions)}, body over {LONG_BODY} lines: {len(long)} {long}")
    print(f"comments {100 * n_comments / n_code:.1f} in a hundred lines of code")
    print(f"loops: {loops(edges) or 'none'}")


if __name__ == "__main__":
    main()
