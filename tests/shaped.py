"""Curricula of the shapes in use, written as code of a generated repo from data of their structure.

Each file in ``shapes`` states parameters, metrics, stages, policies and transitions. Code is written from it
because rules must be functions that can be imported.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from support import Repo

SHAPES = ("cycle_and_skip", "rollback", "parallel_tracks", "manual_line")


def shape(name: str) -> dict[str, Any]:
    """The structure of one curriculum."""
    text = (Path(__file__).parent / "shapes" / f"{name}.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def with_shapes(repo: Repo) -> Repo:
    """Add every shape to a repo as a module and an entry point, and Graphviz to its environment."""
    own = 'my-curriculum = "my_curriculum.curriculum:CURRICULUM"\n'
    entries = own
    for name in SHAPES:
        repo.write(f"src/my_curriculum/{name}.py", code(shape(name)))
        entries += f'{shape(name)["name"]} = "my_curriculum.{name}:CURRICULUM"\n'
    repo.edit("pyproject.toml", own, entries)
    repo.edit("pyproject.toml", "aind-curriculum-runtime[checks]", "aind-curriculum-runtime[checks,diagram]")
    return repo.sync()


def curricula() -> list[str]:
    """Names of all curricula of such a repo."""
    return ["my-curriculum", *(shape(name)["name"] for name in SHAPES)]


def code(structure: dict[str, Any]) -> str:
    """A module that holds a curriculum of the given structure."""
    lines = [
        f'"""{structure["what"]}"""',
        "",
        "from pathlib import Path",
        "from typing import Any",
        "",
        "from aind_behavior_curriculum import (",
        "    GRADUATED, Graduated, Metrics, MetricsProvider, Policy, PolicyTransition, Stage, StageTransition,",
        "    Task, TaskParameters, create_curriculum, create_task,",
        ")",
        "from aind_curriculum_runtime import curriculum_version, manual_transition",
        "from pydantic import Field",
        "",
        "",
        "class ShapeParameters(TaskParameters):",
        '    """Parameters of the shape."""',
        "",
    ]
    for name, kind, default, unit, description in structure["parameters"]:
        extra = f", json_schema_extra={{'unit': {unit!r}}}" if unit else ""
        lines.append(f"    {name}: {kind} = Field(default={default!r}, description={description!r}{extra})")
    lines += ["", "", "class ShapeMetrics(Metrics):", '    """Metrics of the shape."""', ""]
    for name, kind, unit in structure["metrics"]:
        lines.append(f"    {name}: {kind} = Field(default=0, json_schema_extra={{'unit': {unit!r}}})")
    lines += [
        "",
        "",
        "def metrics_from_dataset(data_directory: Path) -> ShapeMetrics:",
        '    """Metrics that the session states."""',
        '    found = data_directory / "metrics.json"',
        '    return ShapeMetrics.model_validate_json(found.read_text() if found.is_file() else "{}")',
        "",
        "",
        'ShapeTask = create_task(name="Shape", task_parameters=ShapeParameters)',
        "",
    ]
    for stage in structure["stages"]:
        for name, body, docstring, _ in stage.get("policies", []):
            lines += _function(name, "metrics: ShapeMetrics, task: Task", "Task", docstring, [body, "return task"])
        for source, target, when, docstring in stage.get("policy_transitions", []):
            lines += _rule(f"pt_{source[2:]}_{target[2:]}", when, docstring)
    for source, target, when, docstring in structure["transitions"]:
        lines += _rule(_transition(source, target), when, docstring)
    lines += [
        "CURRICULUM = create_curriculum(",
        f'    {structure["name"]!r}, curriculum_version("my-curriculum"), (ShapeTask, Graduated),',
        "    pkg_location=__name__,",
        ")()",
    ]
    for stage in structure["stages"]:
        lines += _stage(stage)
    for source, target, *_ in structure["transitions"]:
        rule = f"StageTransition({_transition(source, target)})"
        lines.append(f"CURRICULUM.add_stage_transition({source}, {target}, {rule})")
    return "\n".join(lines) + "\n"


def _stage(stage: dict[str, Any]) -> list[str]:
    name = stage["name"]
    if stage.get("final"):
        return [f"CURRICULUM.add_stage({name})"]
    policies = stage.get("policies", [])
    starts = ", ".join(f"Policy({policy})" for policy, _, _, start in policies if start)
    parameters = ", ".join(f"{key}={value!r}" for key, value in stage["set"].items())
    lines = [
        f"{name} = Stage(name={name!r}, task=ShapeTask(task_parameters=ShapeParameters({parameters})),",
        f"    start_policies=[{starts}], metrics_provider=MetricsProvider(metrics_from_dataset))",
        *(f"{name}.add_policy(Policy({policy}))" for policy, _, _, start in policies if not start),
    ]
    for source, target, *_ in stage.get("policy_transitions", []):
        rule = f"PolicyTransition(pt_{source[2:]}_{target[2:]})"
        lines.append(f"{name}.add_policy_transition(Policy({source}), Policy({target}), {rule})")
    return [*lines, f"CURRICULUM.add_stage({name})"]


def _transition(source: str, target: str) -> str:
    return f"st_{source.removeprefix('s_')}_{target.removeprefix('s_').lower()}"


def _rule(name: str, when: str | None, docstring: str) -> list[str]:
    body = [f"return {when}" if when is not None else "return False"]
    function = _function(name, "metrics: ShapeMetrics", "bool", docstring, body)
    return function if when is not None else ["@manual_transition", *function]


def _function(name: str, parameters: str, result: str, docstring: str, body: list[str]) -> list[str]:
    return [
        f"def {name}({parameters}) -> {result}:",
        f'    """{docstring}"""',
        *(f"    {line}" for line in body),
        "",
        "",
    ]


def draw_pictures() -> None:
    """Draw the pictures of the docs anew: ``uv run python tests/shaped.py``."""
    import tempfile

    from support import PROJECT, Repo, generate, make_template

    with tempfile.TemporaryDirectory() as folder:
        template = make_template(Path(folder) / "template")
        repo = with_shapes(Repo(generate(template, Path(folder) / "my-curriculum")))
        for name in curricula():
            target = PROJECT / "docs" / "pictures" / f"{name}.svg"
            result = repo.curriculum("diagram", "-o", target, "--curriculum", name)
            assert result.code == 0, result.text


if __name__ == "__main__":
    draw_pictures()
