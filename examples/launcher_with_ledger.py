import subprocess
import sys

from aind_curriculum_runtime.client import Hold
from aind_curriculum_runtime.subjects import Subjects

ledger, repo, subject, session, *rig = sys.argv[1:]
subjects = Subjects(ledger)
print(f"{subject} runs {subjects.prepare(subject, session).stage}", flush=True)
subprocess.run(rig, check=True)
outcome = subjects.conclude(subject, session, repo)
if isinstance(outcome, Hold):
    print(f"held: {outcome.reason}")
else:
    print(f"next stage: {outcome.stage} ({outcome.curriculum} {outcome.version})")
