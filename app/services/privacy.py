"""Masks: what stands on screen and paper in place of a full number."""


def mask_phone(number: str) -> str:
    """138****0001: the first three and the last four digits."""
    return number if len(number) < 8 else f"{number[:3]}****{number[-4:]}"


def mask_id_number(number: str) -> str:
    """4198**********1234: the first four and the last four characters."""
    return number if len(number) < 9 else f"{number[:4]}{'*' * (len(number) - 8)}{number[-4:]}"
