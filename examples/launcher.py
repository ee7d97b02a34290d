import sys

from aind_curriculum_runtime.client import Client, Hold

repo, session, state = sys.argv[1:]
outcome = Client(repo, timeout=120).suggest_or_hold(session, state)
if isinstance(outcome, Hold):
    print(f"held: {outcome.reason}")
else:
    outcome.write_trainer_state(state)
    print(f"next stage: {outcome.stage} ({outcome.curriculum} {outcome.version})")
