"""What people do to animals: pure functions from a history and a wish to the entry that is written.

``history`` is all that happened to one animal, ``changes`` the entry of each thing that a person does, ``difference``
what that would change for the animal, ``overview`` many animals at once, ``repo`` what is asked of the curriculum's
own code, through the client. The commands are in ``fleet.commands.subjects``.
"""
