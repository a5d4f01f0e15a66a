"""Refusals: what the user or the world did that the program calmly declines, with what to do about it."""


class Refusal(Exception):
    """Something the user or the world caused; carries a stable code, a sentence (source language) and its parameters.

    `str(refusal)` is the Chinese sentence with its parameters filled in; `app.i18n.say` gives it in the user's language.
    """

    def __init__(self, code: str, sentence: str, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.sentence = sentence
        self.params = params

    def __str__(self) -> str:
        return self.sentence.format(**self.params)


class StoreRefusal(Refusal):
    """The store cannot be opened: wrong password, locked, too new, damaged (exit code 4 on the command line)."""
