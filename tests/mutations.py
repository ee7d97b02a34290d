"""Faults to seed in a fresh repo, one for each contract check, as data.

Each is a small edit of a generated repo that only its check and those that check gates may report. Where the
runtime keeps a promise whatever the repo does, the edit is made in the runtime that is installed in the repo's own
environment, at the line that keeps it.
"""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from support import PROJECT, Repo, clean_environment, git

PACKAGE = "src/my_curriculum"
SOURCES = PROJECT / "src" / "aind_curriculum_runtime"


@dataclass(frozen=True)
class Edit:
    """Replace a text that stands exactly once in a file of the repo."""

    file: str
    old: str
    new: str

    def apply(self, repo: Repo) -> None:
        repo.edit(self.file, self.old, self.new)


@dataclass(frozen=True)
class Write:
    """Write a file of the repo."""

    file: str
    text: str

    def apply(self, repo: Repo) -> None:
        repo.write(self.file, self.text)


@dataclass(frozen=True)
class Remove:
    """Remove a file or folder of the repo."""

    file: str

    def apply(self, repo: Repo) -> None:
        target = repo.path / self.file
        shutil.rmtree(target) if target.is_dir() else target.unlink()


@dataclass(frozen=True)
class Untrack:
    """Take a file out of git, and leave it on the disk."""

    file: str

    def apply(self, repo: Repo) -> None:
        git(repo.path, "rm", "--cached", "--quiet", self.file)


@dataclass(frozen=True)
class Track:
    """Commit a file of a name that cannot be on every disk: it is put into git alone."""

    file: str

    def apply(self, repo: Repo) -> None:
        blob = git(repo.path, "rev-parse", "HEAD:README.md")
        git(repo.path, "update-index", "--add", "--cacheinfo", f"100644,{blob},{self.file}")


@dataclass(frozen=True)
class Lock:
    """Lock the repo anew."""

    file: str = "uv.lock"

    def apply(self, repo: Repo) -> None:
        subprocess.run(["uv", "lock", "-q"], cwd=repo.path, check=True, env=clean_environment())


@dataclass(frozen=True)
class Tag:
    """Release the repo as it is."""

    name: str

    def apply(self, repo: Repo) -> None:
        git(repo.path, "tag", self.name)


@dataclass(frozen=True)
class Runtime:
    """Break a promise of the runtime that is installed in the repo's environment."""

    file: str
    old: str
    new: str

    def apply(self, repo: Repo) -> None:
        text = (installed_runtime(repo) / self.file).read_text(encoding="utf-8")
        assert text.count(self.old) == 1, f"{self.old!r} stands {text.count(self.old)} times in {self.file}"
        self._write(repo, text.replace(self.old, self.new))

    def undo(self, repo: Repo) -> None:
        """Put the file back as it stands in this project, which the environment was made from."""
        self._write(repo, (SOURCES / self.file).read_text(encoding="utf-8"))

    def _write(self, repo: Repo, text: str) -> None:
        target = installed_runtime(repo) / self.file
        # A new file: uv may have linked the old one to its cache.
        beside = target.with_suffix(".new")
        beside.write_text(text, encoding="utf-8", newline="\n")
        beside.replace(target)
        # Python takes a file of the same size and second for the same file.
        for compiled in (target.parent / "__pycache__").glob(f"{target.stem}.*"):
            compiled.unlink()


Step = Edit | Write | Remove | Track | Untrack | Lock | Tag | Runtime


@dataclass(frozen=True)
class Mutation:
    """A broken repo: which check must tell it, what is broken, and how."""

    check: str
    fault: str
    steps: tuple[Step, ...]

    @property
    def read_by_processes(self) -> bool:
        """Whether a process that imports or installs the curriculum could see it."""
        read = ("src/", "tests/data", "pyproject.toml", "uv.lock")
        return any(isinstance(step, Runtime | Tag) or step.file.startswith(read) for step in self.steps)

    def apply(self, repo: Repo) -> None:
        for step in self.steps:
            step.apply(repo)

    def undo(self, repo: Repo) -> None:
        """Put everything back: the repo, and in its environment what the fault changed."""
        for tag in git(repo.path, "tag").split():
            git(repo.path, "tag", "--delete", tag)
        git(repo.path, "reset", "--quiet", "--hard")
        repo.restore()
        for step in self.steps:
            if isinstance(step, Runtime):
                step.undo(repo)
        if any(not isinstance(step, Tag) and step.file in ("pyproject.toml", "uv.lock") for step in self.steps):
            # Metadata of the repo's own package, such as its entry points, is written when it is installed; a command
            # `curriculum` that it brought took the place of the runtime's, and nothing but that came back when it left.
            again = [f"--reinstall-package={name}" for name in ("my-curriculum", "aind-curriculum-runtime")]
            command = ["uv", "sync", "-q", *again]
            subprocess.run(command, cwd=repo.path, check=True, env=clean_environment())


def installed_runtime(repo: Repo) -> Path:
    """The folder of the runtime in the repo's environment."""
    return next((repo.path / ".venv").rglob("aind_curriculum_runtime/cli.py")).parent


def mutation(check: str, fault: str, *steps: Step) -> Mutation:
    return Mutation(check, fault, steps)


METRICS = f"{PACKAGE}/metrics.py"
STAGES = f"{PACKAGE}/stages.py"
CURRICULUM = f"{PACKAGE}/curriculum.py"
RULES = f"{PACKAGE}/rules.py"
TASK = f"{PACKAGE}/task.py"
CONTRACT = ".github/workflows/contract.yml"

_TRIALS_READ = '    trials = read_software_events(data_directory, "TrialOutcome")\n'
_WATER = 'water=sum(hit["reward_volume"] for hit in hits),'
_LAST_TRANSITION = (
    "CURRICULUM.add_stage_transition(s_discrimination, s_shaping, StageTransition(st_discrimination_shaping))\n"
)
_LAST_STAGE_PROVIDER = (
    "        )\n    ),\n    metrics_provider=MetricsProvider(metrics_from_dataset),\n)\n"  # of s_discrimination
)
_VERSION = (
    '    curriculum_version("my-curriculum"),\n    (DetectionTask, Graduated),\n    pkg_location=__name__,\n'
    ')(version=curriculum_version("my-curriculum"))\n'
)
_SHAPING_RULE = "    return metrics.trials >= 20\n"
_READ_BACK = (
    '    _require_reloadable(evaluated.after, reread.pop("trainer_state"), evaluated.trainer)\n'
    '    return encoded + b"\\n"\n'
)


def _provider(line: str) -> Edit:
    """Put a line at the start of what the metrics provider does."""
    return Edit(METRICS, _TRIALS_READ, f"    {line}\n{_TRIALS_READ}")


def _raised(version: str) -> tuple[Step, ...]:
    """Raise the version in every file that states it."""
    return (
        Edit("pyproject.toml", 'version = "0.1.0"', f'version = "{version}"'),
        Edit("uv.lock", 'name = "my-curriculum"\nversion = "0.1.0"', f'name = "my-curriculum"\nversion = "{version}"'),
        Edit("CHANGELOG.md", "## [0.1.0]", f"## [{version}]"),
    )


def _version_one(parameters: str | None = "keep", **stages: str) -> tuple[Step, ...]:
    """Raise the version to 1.0.0, with a migration from version 0."""
    declared = f"\nMIGRATIONS = {{0: Migration(stages={stages!r}, parameters={parameters!r})}}\n"
    return (
        *_raised("1.0.0"),
        Edit(CURRICULUM, "import curriculum_version", "import Migration, curriculum_version"),
        Edit(CURRICULUM, _LAST_TRANSITION, _LAST_TRANSITION + declared),
    )


def _last_stage(more: str, *, provider: str = "metrics_from_dataset") -> Edit:
    """Give the last stage more, such as start policies."""
    return Edit(
        STAGES,
        _LAST_STAGE_PROVIDER,
        f"        )\n    ),\n    metrics_provider=MetricsProvider({provider}),\n{more})\n",
    )


def _before_stages(function: str) -> Edit:
    """Add a function before the stages."""
    comment = "# Stages, in the order of the training.\n"
    return Edit(STAGES, comment, f"from .metrics import DetectionMetrics\n\n\n{function}\n\n{comment}")


def _error_code(code: str, exit_name: str, other: str) -> Runtime:
    """Let a failure end with another exit code."""
    return Runtime("contract/errors.py", f'"{code}": ExitCode.{exit_name},', f'"{code}": ExitCode.{other},')


MUTATIONS = (
    mutation(
        "LP001",
        "pyproject.toml is not TOML",
        Edit("pyproject.toml", '[project]\nname = "my-curriculum"', '[project\nname = "my-curriculum"'),
    ),
    mutation("LP001", "pyproject.toml has no name", Edit("pyproject.toml", 'name = "my-curriculum"\n', "")),
    mutation("LP002", "a dependency was added without locking", Edit("pyproject.toml", "<0.1", "<0.0.99")),
    mutation("LP002", "the lock file was not committed", Remove("uv.lock")),
    mutation(
        "LP002",
        "git ignores the lock file",
        Write(".gitignore", "/.venv/\n__pycache__/\nuv.lock\n"),
        Untrack("uv.lock"),
    ),
    mutation("LP002", "the lock file was never added to git", Untrack("uv.lock")),
    mutation(
        "LP003",
        "the repo brings a command of its own",
        Edit(
            "pyproject.toml",
            "[project.urls]",
            '[project.scripts]\ncurriculum = "my_curriculum.command:main"\n\n[project.urls]',
        ),
        Write(f"{PACKAGE}/command.py", "from aind_curriculum_runtime.cli import main as main\n"),
    ),
    mutation(
        "LP004",
        "the entry point is gone",
        Edit("pyproject.toml", 'my-curriculum = "my_curriculum.curriculum:CURRICULUM"\n', ""),
    ),
    mutation("LP005", "a module is missing", Edit(CURRICULUM, "from .task import", "from .tasks import")),
    mutation("LP005", "the entry point has no colon", Edit("pyproject.toml", "curriculum:CURR", "curriculum.CURR")),
    mutation("LP005", "the curriculum has another name", Edit(CURRICULUM, '    "my-curriculum",', '    "yours",')),
    mutation(
        "LP006",
        "the lock file holds a library that the runtime was not tested with",
        Edit(
            "pyproject.toml",
            "[tool.ruff]\n",
            '[tool.uv]\noverride-dependencies = ["aind-behavior-curriculum==0.0.41"]\n\n[tool.ruff]\n',
        ),
        Lock(),
    ),
    mutation(
        "LP007",
        "the contract was taken out of the tests",
        Write("tests/test_contract.py", "def test_contract() -> None:\n    pass\n"),
    ),
    mutation("LP007", "the answers are gone", Remove(".copier-answers.yml")),
    mutation("LP008", "an update left a .rej file", Write("pyproject.toml.rej", "@@ -1 +1 @@\n")),
    mutation(
        "LP008",
        "an update left conflict markers",
        Edit(
            "README.md",
            "# my-curriculum\n",
            "<<<<<<< before updating\n# mine\n=======\n# my-curriculum\n>>>>>>> after\n",
        ),
    ),
    mutation("LP009", "a file has a name that Windows keeps", Track("docs/aux.txt")),
    mutation("LP010", "the sample session is gone", Remove("tests/data")),
    mutation(
        "LP011",
        "a second curriculum is made",
        Write(
            f"{PACKAGE}/another.py",
            "from aind_behavior_curriculum import create_curriculum as make\n\nfrom .task "
            "import DetectionTask\n\nimport aind_behavior_curriculum\n\nANOTHER = aind_behavior_curriculum"
            '.create_curriculum("another", "0.1.0", (DetectionTask,))()\n',
        ),
    ),
    mutation("LP012", "a module is imported that Windows lacks", Write(f"{PACKAGE}/rights.py", "import pwd\n")),
    mutation(
        "LP013",
        "a path of one computer stands in the code",
        Edit(METRICS, "CRITERION = 0.75", 'RAW = "D:\\\\data\\\\raw"\nCRITERION = 0.75'),
    ),
    mutation(
        "LP014",
        "the task derives from a class of a package that is not pinned",
        Edit(
            TASK,
            "from pydantic import Field\n",
            "from annotated_types import BaseMetadata\nfrom pydantic import Field\n",
        ),
        Edit(TASK, "class DetectionTask(Task):", "class DetectionTask(BaseMetadata, Task):"),
        Edit(
            "pyproject.toml",
            '    "aind-curriculum-runtime",\n',
            '    "aind-curriculum-runtime",\n    "annotated-types>=0.6",\n',
        ),
        Lock(),
    ),
    mutation("CL001", "the provider fails", _provider("raise ValueError('no such stream')")),
    mutation(
        "CL002",
        "the command does another thing when the curriculum is named",
        Runtime(
            "commands/run.py",
            '    return b"" if mute_suggestion else document\n',
            "    if curriculum:\n        return document.replace(b'\"trials\":24', b'\"trials\":25')\n"
            '    return b"" if mute_suggestion else document\n',
        ),
    ),
    mutation(
        "CL003",
        "the command reads the environment",
        Runtime(
            "commands/run.py",
            '    return b"" if mute_suggestion else document\n',
            '    mute = mute_suggestion or "MUTE_SUGGESTION" in __import__("os").environ\n'
            '    return b"" if mute else document\n',
        ),
    ),
    mutation(
        "CL004",
        "the metrics depend on a file of the working directory",
        Edit(METRICS, _WATER, "water=1.0 * Path('curriculum.json').exists(),"),
    ),
    mutation(
        "CL005",
        "a directory name is magic",
        Runtime(
            "session/layout.py",
            "    absolute = Path(os.path.abspath(directory))\n",
            '    absolute = Path(os.path.abspath("tests/data/session" if str(directory) == "demo" else directory))\n',
        ),
    ),
    mutation(
        "CL006",
        "the provider takes a path apart at its spaces",
        _provider("assert len(str(data_directory).split()) == 1, 'usage: provider DIRECTORY'"),
    ),
    mutation(
        "CL007",
        "describe says nothing",
        Runtime("commands/describe.py", '"curricula":', '"names":'),
    ),
    mutation("CL008", "the provider asks the environment", _provider('_ = os.environ.get("RIG_NAME")')),
    mutation(
        "SO001",
        "the newline is missing",
        Runtime(
            "command/guard.py",
            "            _write_all(self._stdout, document)\n",
            "            _write_all(self._stdout, document.rstrip())\n",
        ),
    ),
    mutation(
        "SO002",
        "the document is UTF-8",
        Runtime(
            "contract/strict_json.py",
            'ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode("ascii")',
            'ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8")',
        ),
        Edit(METRICS, "    trials: int = Field(ge=0,", '    rig: str = "Käfig"\n    trials: int = Field(ge=0,'),
    ),
    mutation(
        "SO003",
        "a key stands twice",
        Runtime(
            "session/suggestion.py",
            _READ_BACK,
            '    return b\'{"version":"0.1.0",\' + encoded[1:] + b"\\n"\n',
        ),
    ),
    mutation(
        "SO004",
        "the document has a fifth key",
        Runtime(
            "session/suggestion.py",
            _READ_BACK,
            '    return encoded[:-1] + b\',"rig":"a"}\\n\'\n',
        ),
    ),
    mutation("SO005", "the guard lets descriptor 1 be", Runtime("command/guard.py", "        os.dup2(2, 1)\n", "")),
    mutation(
        "SO006",
        "the provider leaves a child process behind",
        _provider(
            "__import__('subprocess').Popen([__import__('sys').executable, '-c', 'import time; time.sleep(60)'])"
        ),
    ),
    mutation(
        "SO007",
        "the task has a field beside its parameters",
        Edit(
            TASK,
            '    name: Literal["Detection"] = "Detection"\n',
            '    name: Literal["Detection"] = "Detection"\n    rig: str = "a"\n',
        ),
        Runtime("session/suggestion.py", "        TrainerState.model_validate_json(written)\n", ""),
    ),
    mutation("SO008", "the package prints", _provider("print('reading', data_directory)")),
    mutation(
        "SU001", "the metrics depend on a set's order", Edit(METRICS, _WATER, "water=float(hash('water') % 1000),")
    ),
    mutation(
        "SU001",
        "the metrics depend on the local date",
        Edit(METRICS, _WATER, "water=float(__import__('datetime').date.today().day),"),
    ),
    mutation(
        "SU002",
        "the command does not evaluate",
        Runtime(
            "commands/run.py",
            "suggestion(evaluated)\n",
            "suggestion(_unevaluated(evaluated))\n",
        ),
        Runtime(
            "commands/run.py",
            "def _write_notes(",
            "def _unevaluated(evaluated):\n"
            "    from dataclasses import replace\n\n"
            "    trainer, before = evaluated.trainer, evaluated.before\n"
            "    after = trainer.create_trainer_state(stage=before.stage, active_policies=before.active_policies)\n"
            "    return replace(evaluated, after=after)\n\n\n"
            "def _write_notes(",
        ),
    ),
    mutation(
        "SU003",
        "a parameter is written in a form that its field refuses",
        Edit(TASK, "from pydantic import Field\n", "from pydantic import Field, field_serializer\n"),
        Edit(
            TASK,
            'description="Whether stimuli without reward are shown too.")\n',
            'description="Whether stimuli without reward are shown too.")\n\n'
            '    @field_serializer("reward_volume")\n'
            "    def _with_unit(self, value: float) -> object:\n"
            '        return "4 ul" if value == 4.0 else value\n',
        ),
        Runtime(
            "session/suggestion.py",
            "        again = deserialise(checked(plain), trainer).state\n"
            '        reloaded = as_json(again, "trainer_state")\n',
            "        again, reloaded = state, plain\n",
        ),
    ),
    mutation(
        "SU004",
        "a start policy was added behind the graph's back",
        _before_stages(
            "def p_late(metrics: DetectionMetrics, task: DetectionTask) -> DetectionTask:\n    return task\n"
        ),
        Edit(
            STAGES,
            "s_shaping.add_policy_transition(",
            "s_shaping.start_policies.append(Policy(p_late))\ns_shaping.add_policy_transition(",
        ),
    ),
    mutation(
        "SU005",
        "a rule is a static method",
        Edit(
            RULES,
            'def st_habituation_shaping(metrics: DetectionMetrics) -> bool:\n    """Enough trials to go on."""\n'
            + _SHAPING_RULE,
            "class Rules:\n    @staticmethod\n    def st_habituation_shaping(metrics: DetectionMetrics) -> bool:\n    "
            + _SHAPING_RULE,
        ),
        Edit(CURRICULUM, "    st_habituation_shaping,\n", "    Rules,\n"),
        Edit(CURRICULUM, "StageTransition(st_habituation_shaping)", "StageTransition(Rules.st_habituation_shaping)"),
    ),
    mutation(
        "SU005",
        "a decorator hides a rule's name",
        Edit(
            RULES,
            "def st_habituation_shaping(",
            "def told(rule):  # type: ignore\n    def st_habituation_shaping(metrics):\n"
            "        return rule(metrics)\n\n"
            "    return st_habituation_shaping\n\n\n@told\ndef st_habituation_shaping(",
        ),
    ),
    mutation(
        "SU006",
        "a metric is written in another unit than it is read in",
        Edit(METRICS, "from pydantic import Field\n", "from pydantic import Field, field_serializer\n"),
        Edit(
            METRICS,
            "\n\ndef metrics_from_dataset(",
            '\n    @field_serializer("hit_rate")\n    def _in_percent(self, value: float) -> float:\n'
            "        return value * 100\n"
            "\n\ndef metrics_from_dataset(",
        ),
    ),
    mutation(
        "SU007",
        "a metric that is not finite becomes null",
        Runtime(
            "session/suggestion.py",
            "    if isinstance(value, float | Decimal) and not math.isfinite(value):\n",
            "    if isinstance(plain, float) and not math.isfinite(plain):\n        return None\n    if False:\n",
        ),
    ),
    mutation(
        "SU007",
        "a serialiser writes null for a number in a list that is not finite",
        Edit(METRICS, "from pydantic import Field\n", "from pydantic import Field, field_serializer\n"),
        Edit(
            METRICS,
            "\n\ndef metrics_from_dataset(",
            '\n    delays: list[float | None] = Field(default=[0.5])\n\n    @field_serializer("delays")\n'
            "    def _null(self, value: list[float | None]) -> list[float | None]:\n"
            "        return [one if one == one else None for one in value]\n"
            "\n\ndef metrics_from_dataset(",
        ),
    ),
    mutation(
        "SU008",
        "a policy of the last stage gives another task",
        _before_stages(
            "class Other(DetectionTask):\n    name: str = 'Other'  # type: ignore\n\n\n"
            "def p_other(metrics: DetectionMetrics, task: DetectionTask) -> DetectionTask:\n    return Other()\n"
        ),
        _last_stage("    start_policies=[Policy(p_other)],\n"),
    ),
    mutation(
        "SU008",
        "a stage looks back for what the stage before it does not measure",
        Edit(
            METRICS,
            "def read_software_events(",
            "class LaterMetrics(DetectionMetrics):\n    licks: int\n\n\n"
            "def later_metrics(data_directory: str | os.PathLike[str]) -> LaterMetrics:\n"
            "    previous_metrics(data_directory, LaterMetrics)\n"
            "    return LaterMetrics(**metrics_from_dataset(data_directory).model_dump(), licks=1)\n\n\n"
            "def read_software_events(",
        ),
        Edit(STAGES, "from .metrics import metrics_from_dataset", "from .metrics import *"),
        _last_stage("", provider="later_metrics"),
    ),
    mutation(
        "SU009",
        "the provider takes the first file it finds",
        Edit(METRICS, _WATER, 'water=float(len(os.listdir(Path(data_directory) / "behavior")[0])),'),
    ),
    mutation(
        "SU010",
        "a policy of the last stage goes by the order of a set",
        _before_stages(
            "def p_order(metrics: DetectionMetrics, task: DetectionTask) -> DetectionTask:\n"
            "    task.task_parameters.reward_volume = float('0.' + ''.join({*'12345678'}))\n    return task\n"
        ),
        _last_stage("    start_policies=[Policy(p_order)],\n"),
    ),
    mutation(
        "GR001",
        "no transition leads to a stage",
        Edit(
            CURRICULUM,
            _LAST_TRANSITION,
            _LAST_TRANSITION + 'CURRICULUM.add_stage(s_shaping.model_copy(update={"name": "s_lost"}))\n',
        ),
    ),
    mutation("GR002", "a stage has no metrics provider", Edit(STAGES, _LAST_STAGE_PROVIDER, "        )\n    ),\n)\n")),
    mutation(
        "GR003",
        "the last stage's metrics provider fails",
        _before_stages(
            "def metrics_of_discrimination(data_directory: str) -> DetectionMetrics:\n    raise KeyError('lick')\n"
        ),
        _last_stage("", provider="metrics_of_discrimination"),
    ),
    mutation(
        "GR004",
        "an earlier transition shadows a later one",
        Edit(
            CURRICULUM,
            "CURRICULUM = create_curriculum(",
            "from .metrics import DetectionMetrics\n\n\n"
            "def st_habituation_discrimination(metrics: DetectionMetrics) -> bool:\n"
            "    return metrics.trials > 40\n\n\n"
            "CURRICULUM = create_curriculum(",
        ),
        Edit(
            CURRICULUM,
            _LAST_TRANSITION,
            _LAST_TRANSITION + "CURRICULUM.add_stage_transition(s_habituation, s_discrimination, "
            "StageTransition(st_habituation_discrimination))\n",
        ),
    ),
    mutation(
        "GR005",
        "a threshold is in percent",
        Edit(RULES, "return metrics.hit_rate < 0.4", "return metrics.hit_rate > 40"),
    ),
    mutation(
        "GR006",
        "a rule forgets that a metric may be None",
        Edit(RULES, "return metrics.hit_rate < 0.4", "return metrics.median_reaction_time > 1.0"),
    ),
    mutation(
        "GR007",
        "two stages have one name",
        Edit(
            STAGES,
            "s_shaping.add_policy_transition(",
            's_shaping_2 = Stage(name="s_shaping", task=DetectionTask())\ns_shaping.add_policy_transition(',
        ),
    ),
    mutation(
        "GR008",
        "no policy transition leads to a policy",
        _before_stages(
            "def p_idle(metrics: DetectionMetrics, task: DetectionTask) -> DetectionTask:\n    return task\n"
        ),
        Edit(
            STAGES,
            "s_shaping.add_policy_transition(",
            "s_shaping.add_policy(Policy(p_idle))\ns_shaping.add_policy_transition(",
        ),
    ),
    mutation(
        "GR009",
        "a transition bears a name of its own",
        Edit(RULES, "def st_shaping_discrimination(", "def two_good_sessions("),
        Edit(CURRICULUM, "    st_shaping_discrimination,\n", "    two_good_sessions,\n"),
        Edit(CURRICULUM, "StageTransition(st_shaping_discrimination)", "StageTransition(two_good_sessions)"),
    ),
    mutation(
        "GR010",
        "a transition changes the metrics",
        Edit(RULES, _SHAPING_RULE, "    metrics.water = 0.0\n" + _SHAPING_RULE),
    ),
    mutation(
        "GR011",
        "a transition counts its calls",
        Edit(
            RULES,
            "return metrics.hit_rate < 0.4",
            "SEEN.append(metrics)\n    return metrics.hit_rate < 0.4 or len(SEEN) % 3 == 0",
        ),
        Edit(RULES, "def st_discrimination_shaping(", "SEEN = []  # type: ignore\n\n\ndef st_discrimination_shaping("),
    ),
    mutation(
        "GR012", "a stage misspells a parameter", Edit(STAGES, "reward_volume=3.0, stim", "reward_volum=3.0, stim")
    ),
    mutation(
        "GR013",
        "a transition forgets its return",
        Edit(RULES, "    return metrics.hit_rate < 0.4", "    metrics.hit_rate < 0.4"),
    ),
    mutation(
        "GR014",
        "a transition ends on one path without a return",
        Edit(RULES, "    return metrics.hit_rate < 0.4", "    if metrics.hit_rate < 0.4:\n        return True"),
    ),
    mutation(
        "GR014",
        "a transition returns a text",
        Edit(RULES, "    return metrics.hit_rate < 0.4", "    return 'yes' if metrics.hit_rate < 0.4 else ''"),
    ),
    mutation("FA001", "a missing state gives 65", _error_code("state.missing", "MISSING", "STATE")),
    mutation("FA002", "a state cut short gives 66", _error_code("state.not_json", "STATE", "MISSING")),
    mutation("FA003", "another curriculum's state gives 77", _error_code("state.other_curriculum", "STATE", "REFUSED")),
    mutation(
        "FA004",
        "another version's state is accepted",
        Runtime(
            "session/state.py",
            "        same = major(written_by.version) == major(curriculum.version)\n",
            "        same = True\n",
        ),
    ),
    mutation("FA005", "an unknown stage gives 76", _error_code("state.unknown_stage", "STATE", "CONTRACT")),
    mutation("FA006", "a missing session gives 65", _error_code("session.missing", "MISSING", "STATE")),
    mutation(
        "FA007",
        "a subject off curriculum is put back on it",
        Runtime(
            "session/state.py",
            "    _require_on_curriculum(state)\n    _require_known_stage(",
            '    state = state._replace(content={**state.content, "is_on_curriculum": True})\n'
            "    _require_known_stage(",
        ),
    ),
    mutation("FA008", "an unknown option gives 70", _error_code("usage.invalid", "USAGE", "CURRICULUM_CODE")),
    mutation(
        "FA009",
        "rules of a trainer state are not looked at",
        Runtime("session/state.py", "    require_known(state.content, known(curriculum))\n", ""),
    ),
    mutation(
        "SE001",
        "the provider appends to a file of the session",
        _provider(
            "(Path(data_directory) / 'behavior/Logs/session_input.json').open('a', encoding='utf-8').write('\\n')"
        ),
    ),
    mutation(
        "SE002",
        "an empty session is handed to the provider",
        Runtime("session/layout.py", "    if empty:\n", "    if False:\n"),
        Edit(
            METRICS,
            "    if not path.is_file():\n",
            "    if not path.parent.is_dir():\n        raise KeyError(name)\n    if not path.is_file():\n",
        ),
    ),
    mutation(
        "SE003",
        "a session without events is an error of the code",
        Edit(
            METRICS,
            '        raise SessionError(f"The session has no {path.name} in behavior/SoftwareEvents.")\n',
            "        raise KeyError(name)\n",
        ),
    ),
    mutation(
        "SE004",
        "the provider reads one session only",
        _provider('data_directory = Path(__file__).parents[2] / "tests" / "data" / "session"'),
    ),
    mutation(
        "SE005",
        "the provider leaves a file in the repo",
        _provider("Path('last_run.txt').write_text('x', encoding='utf-8')"),
    ),
    mutation("SE006", "a file is read in the machine's encoding", Edit(METRICS, '.open(encoding="utf-8")', ".open()")),
    mutation(
        "VE001",
        "the version has two numbers",
        Edit("pyproject.toml", 'version = "0.1.0"', 'version = "0.1"'),
        Edit("uv.lock", 'name = "my-curriculum"\nversion = "0.1.0"', 'name = "my-curriculum"\nversion = "0.1"'),
        Edit(CURRICULUM, _VERSION, _VERSION.replace('curriculum_version("my-curriculum")', '"0.1.0"')),
        Edit(CURRICULUM, "from aind_curriculum_runtime import curriculum_version\n", ""),
    ),
    mutation(
        "VE002",
        "the curriculum states a version of its own",
        Edit(CURRICULUM, _VERSION, _VERSION.replace('curriculum_version("my-curriculum")', '"0.2.0"')),
    ),
    mutation("VE003", "the changelog has no entry", Edit("CHANGELOG.md", "## [0.1.0]", "## [0.0.9]")),
    mutation(
        "VE004",
        "a parameter changed after the release",
        Tag("v0.1.0"),
        Edit(STAGES, "DetectionParameters(reward_volume=6.0)", "DetectionParameters(reward_volume=6.5)"),
    ),
    mutation("VE005", "the version goes back", Tag("v0.2.0")),
    mutation(
        "VE005",
        "a parameter changed, and the version was raised as if for a fix",
        Tag("v0.1.0"),
        *_raised("0.1.1"),
        Edit(STAGES, "DetectionParameters(reward_volume=6.0)", "DetectionParameters(reward_volume=6.5)"),
    ),
    mutation(
        "VE005",
        "a parameter was renamed, and no migration says so",
        Tag("v0.1.0"),
        *_raised("0.2.0"),
        *(Edit(file, "distractors", "distractions") for file in ("src/my_curriculum/task.py", STAGES)),
    ),
    mutation("VE005", "no migration leads from the last major version", Tag("v0.1.0"), *_raised("1.0.0")),
    mutation("MI001", "a migration leads to no stage", *_version_one(s_wait="s_nowhere")),
    mutation("MI002", "a migration leaves a stage out", Tag("v0.1.0"), *_version_one(s_habituation="s_shaping")),
    mutation(
        "MI003",
        "a migrated animal is sent to its old stage",
        *_version_one(s_wait="s_shaping"),
        Runtime("curriculum/moving.py", '{"name": to_stage, "task": task}', '{"name": name, "task": task}'),
    ),
    mutation(
        "MI003",
        "a migration does not say whose task parameters an animal goes on with, which a policy changed",
        Tag("v0.1.0"),
        *_version_one(None, **{name: name for name in ("s_habituation", "s_shaping", "s_discrimination", "GRADUATED")}),
    ),
    mutation(
        "MI004",
        "a migration renames a parameter that there never was",
        Tag("v0.1.0"),
        *_raised("0.2.0"),
        Edit(CURRICULUM, "import curriculum_version", "import Migration, Rename, curriculum_version"),
        Edit(
            CURRICULUM,
            _LAST_TRANSITION,
            _LAST_TRANSITION
            + '\nMIGRATIONS = {"0.2.0": Migration(parameters=[Rename("response_dealy", "response_delay")])}\n',
        ),
    ),
    mutation(
        "MI005",
        "a former rule path leads to no rule",
        Edit(CURRICULUM, _LAST_TRANSITION, _LAST_TRANSITION + '\nFORMERLY = {"old.p_x": "my_curriculum.rules.p_x"}\n'),
    ),
    mutation(
        "CI001",
        "the contract is not in CI",
        Edit(CONTRACT, "uv run aind-curriculum check --format github", "echo well"),
    ),
    mutation(
        "CI002", "the contract runs on Linux only", Edit(CONTRACT, "[ubuntu-latest, windows-latest]", "[ubuntu-latest]")
    ),
    mutation("CI003", "CI resolves anew", Edit(CONTRACT, "uv sync --locked", "uv sync --upgrade")),
    mutation(
        "CI004",
        "CI formats its own copy",
        Write(
            ".github/workflows/format.yml", "on: push\njobs:\n  format:\n    steps:\n      - run: uv run ruff format\n"
        ),
    ),
)
