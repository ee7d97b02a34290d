"""The documents of the contract as models, and the JSON Schemas that are published from them.

Owns the shape of the suggestion, of the error line, of ``describe --json`` and of ``metadata``, with a description of
every field. Launchers may validate with the models or with the files in ``schemas``, which
``python -m aind_curriculum_runtime.contract.documents`` writes. No command imports this module: what it prints is
checked against it by the tests, not in every session.

Source of the rules: the contract's sections "Success" and "Failure" (docs/contract.md).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from .errors import CODES, CONTRACT_VERSION, ExitCode
from .versions import SEMVER

__all__ = [
    "SCHEMA_DIRECTORY",
    "CurriculumRecord",
    "Description",
    "ErrorLine",
    "SessionMetadata",
    "Suggestion",
    "main",
    "schemas",
]

SCHEMA_DIRECTORY: Final = Path(__file__).parent / "schemas"
"""Where the published schemas are, in the source tree and in an installed package alike."""

_SEMVER: Final = f"^{SEMVER.pattern}$"


class _LibrarySchema:
    """Publishes the library's schema of a trainer state, but does not validate with the library's model.

    Validating with it would import whatever functions the document names.
    """

    def __get_pydantic_json_schema__(self, _schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        from aind_behavior_curriculum import TrainerState

        return handler(TrainerState.__pydantic_core_schema__)


class Suggestion(BaseModel):
    """What `curriculum run` prints on stdout: one line of ASCII JSON with exactly these four keys.

    Loading one with this model imports none of the functions it names.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    trainer_state: Annotated[dict[str, Any], _LibrarySchema()] = Field(
        description="The trainer state of the next session, valid as its --input-trainer-state as it stands."
    )
    metrics: dict[str, Any] = Field(
        description="Metrics of the session that was evaluated, of the curriculum's own Metrics class; "
        "a launcher may leave them to the next session as behavior/previous_metrics.json."
    )
    version: str = Field(pattern=_SEMVER, description="Semantic version of the curriculum that was evaluated.")
    dsl_version: str = Field(min_length=1, description="Version of aind-behavior-curriculum it was evaluated with.")


def _pair_codes_with_exits(schema: dict[str, Any]) -> None:
    schema["oneOf"] = [
        {
            "properties": {
                "code": {"enum": [code for code, of_code in CODES.items() if of_code is status]},
                "exit": {"const": int(status), "description": status.meaning},
            }
        }
        for status in ExitCode
    ]


class ErrorLine(BaseModel):
    """What follows `CURRICULUM-ERROR ` on the last line of stderr when a command failed.

    The line is ASCII and at most 4 KiB long; texts are cut to fit. Within one contract version, codes
    and fields may be added.
    """

    model_config = ConfigDict(extra="allow", strict=True, json_schema_extra=_pair_codes_with_exits)

    contract: Literal[1] = Field(description="Number of the contract that the runtime implements.")
    code: str = Field(
        json_schema_extra={"enum": [*CODES]}, description="What went wrong, for programs; it decides the exit code."
    )
    exit: int = Field(
        json_schema_extra={"enum": [int(status) for status in ExitCode]}, description="Exit code of the process."
    )
    message: str = Field(description="One sentence for a person: what is wrong.")
    hint: str = Field(description="What to do about it; may be empty.")
    where: str | None = Field(
        description="JSON path in the trainer state or in the result ($.stage.name), or a file or folder, "
        "that the message is about."
    )
    curriculum: str | None = Field(description="Name of the curriculum, once it is known.")
    version: str | None = Field(description="Its semantic version, once it is known.")
    dsl_version: str | None = Field(description="Version of aind-behavior-curriculum, where it is installed.")

    @model_validator(mode="after")
    def _code_decides_exit(self) -> Self:
        if self.code not in CODES:
            raise ValueError(f"{self.code!r} is not a code of contract {CONTRACT_VERSION}")
        if self.exit != CODES[self.code]:
            raise ValueError(f"{self.code} goes with the exit code {int(CODES[self.code])}, not {self.exit}")
        return self


class CurriculumRecord(BaseModel):
    """One curriculum that is installed, as its distribution declares it."""

    model_config = ConfigDict(extra="allow", strict=True)

    name: str = Field(min_length=1, description="Name of the curriculum, as trainer states carry it.")
    version: str = Field(description="Version of its distribution: semantic, unless the repo is misconfigured.")
    distribution: str = Field(min_length=1, description="Name of the distribution that declares it.")
    object: str = Field(
        pattern=r"^[^\s:]+(:[^\s:]+)?$", description="Where the Curriculum object is: package.module:OBJECT."
    )
    formerly: list[str] = Field(
        default=[],
        description="Names that it had before; it accepts trainer states that carry them. Left out for none.",
    )


class Description(BaseModel):
    """What `curriculum describe --json` prints. Within one contract version, fields may be added."""

    model_config = ConfigDict(extra="allow", strict=True)

    contract: Literal[1] = Field(description="Number of the contract that the runtime implements.")
    runtime_version: str = Field(min_length=1, description="Version of aind-curriculum-runtime.")
    dsl_version: str = Field(min_length=1, description="Version of aind-behavior-curriculum.")
    commands: list[str] = Field(min_length=1, description="Commands that `curriculum` knows, in the order of its help.")
    curricula: list[CurriculumRecord] = Field(min_length=1, description="The curricula installed here, by name.")


class MetadataSession(BaseModel):
    """A session as the ledger names it."""

    model_config = ConfigDict(extra="allow", strict=True)

    name: str = Field(description="What it is called.")
    start: str = Field(description="When it began, in UTC.")


class MetadataDecision(BaseModel):
    """What was decided."""

    model_config = ConfigDict(extra="allow", strict=True)

    moved: bool | None = Field(default=None, description="Whether the stage is another one.")
    rule: str | None = Field(default=None, description="The stage transition that held.")
    read: dict[str, Any] | None = Field(default=None, description="The metrics that it read.")


class MetadataParameters(BaseModel):
    """What a Code of aind-data-schema has no field for. What is not known is left out."""

    model_config = ConfigDict(extra="allow", strict=True)

    format: Literal[1] = Field(description="The form of these parameters.")
    source: str = Field(description="Where it was taken from: ledger, suggestion, evaluation or launcher.")
    subject: str | None = Field(default=None, description="The animal.")
    session: MetadataSession | None = Field(default=None, description="Its name and start.")
    outcome: Literal["evaluated", "held"] = Field(description="Whether there is a suggestion.")
    held: dict[str, Any] | None = Field(default=None, description="Why there is none: code, exit, message, hint.")
    stage_run: str | None = Field(default=None, description="The stage at which the session was run.")
    stage_suggested: str | None = Field(default=None, description="The stage of the next session.")
    decision: MetadataDecision | None = Field(default=None, description="Whether it moved, and by which rule.")
    suggested_parameters: dict[str, Any] | None = Field(default=None, description="The next session's task parameters.")
    policies_before: list[str] | None = Field(default=None, description="Policies that were active.")
    policies_after: list[str] | None = Field(default=None, description="Policies that are active from now on.")
    is_on_curriculum_before: bool | None = Field(default=None, description="Whether the animal was on curriculum.")
    is_on_curriculum_after: bool | None = Field(default=None, description="Whether the suggestion is.")
    people: list[dict[str, Any]] | None = Field(
        default=None, description="What people did since the session before: what, at, by, reason, stage, path, value."
    )
    pinned: list[dict[str, Any]] | None = Field(default=None, description="Parameters set by hand: path, value, by.")
    is_late: bool | None = Field(default=None, description="Whether it came too late to move anything.")
    migration: dict[str, Any] | None = Field(default=None, description="How the state came from an older version.")
    versions: dict[str, Any] = Field(description="curriculum, runtime, contract, dsl and python.")
    code: dict[str, Any] = Field(
        description="distribution, folder, tree, is_dirty, changed_files, is_pushed, is_shallow, lock_sha256, and "
        "cannot_be_had_again with the reasons."
    )
    hashes: dict[str, Any] = Field(description="state, suggestion, and session with sha256, files and bytes.")


class MetadataCode(BaseModel):
    """A Code of aind-data-schema, as plain JSON."""

    model_config = ConfigDict(extra="forbid", strict=True)

    url: str = Field(min_length=1, description="The repo's remote; pkg:generic/NAME@VERSION where none is known.")
    name: str = Field(min_length=1, description="Where the curriculum's object is; else its distribution.")
    version: str | None = Field(default=None, description="Version of the curriculum.")
    commit_hash: str | None = Field(default=None, pattern="^[0-9a-f]{7,60}$", description="The commit.")
    language: Literal["aind-behavior-curriculum"] = Field(description="The library.")
    language_version: str | None = Field(default=None, description="Version of the library.")
    run_script: str | None = Field(default=None, description="The console script.")
    parameters: MetadataParameters = Field(description="All else that is known.")


class MetadataEpoch(BaseModel):
    """What a StimulusEpoch of aind-data-schema says of training."""

    model_config = ConfigDict(extra="forbid", strict=True)

    curriculum_status: str | None = Field(default=None, description="The stage at which the session was run.")
    training_protocol_name: str | None = Field(default=None, description="Name of the curriculum.")


class SessionMetadata(BaseModel):
    """What `curriculum metadata` prints of a session.

    Keys have no point and no dollar sign: %2E and %24 stand for them, and %25 for the percent sign. A field of which
    nothing is known is left out; it is never null.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    code: MetadataCode = Field(description="For data_streams[].code.")
    stimulus_epoch: MetadataEpoch = Field(description="For stimulus_epochs[].")
    output_parameters: dict[str, Any] = Field(
        description="The metrics, for performance_metrics; empty for a session that was held."
    )


_PUBLISHED: Final[dict[str, type[BaseModel]]] = {
    "suggestion.schema.json": Suggestion,
    "error.schema.json": ErrorLine,
    "describe.schema.json": Description,
    "metadata.schema.json": SessionMetadata,
}


def schemas() -> dict[str, bytes]:
    """Build the published schemas from the models.

    Returns:
        File name to content: JSON Schema (draft 2020-12) as ASCII with LF line endings, the same bytes
        each time.
    """
    return {name: _schema(model) for name, model in _PUBLISHED.items()}


def _schema(model: type[BaseModel]) -> bytes:
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **model.model_json_schema(mode="serialization"),
    }
    return (json.dumps(schema, indent=2, sort_keys=True) + "\n").encode("ascii")


def main() -> None:
    """Write the schema files whose content is not current, and name them on stderr."""
    SCHEMA_DIRECTORY.mkdir(exist_ok=True)
    for name, content in schemas().items():
        target = SCHEMA_DIRECTORY / name
        if not target.is_file() or target.read_bytes() != content:
            target.write_bytes(content)  # not atomic: git can restore a file of the source tree
            print(f"wrote {target.name}", file=sys.stderr)


if __name__ == "__main__":
    main()
