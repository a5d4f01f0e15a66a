"""The server's OpenAPI document: what is sent, what may be answered, and how a request is signed."""

from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from app.sync import requests

#: What a sealed package is called on the wire.
MEDIA = "application/vnd.fengge.package"
REQUEST = "application/vnd.fengge.request"
BYTES = "application/octet-stream"
#: Numbers for Prometheus.
TEXT = "text/plain; version=0.0.4"

_BINARY = {"schema": {"type": "string", "format": "binary"}}
_SIGNED = """Authorization: Fengge site=<32 hex>,challenge=<from the answer 401>,signature=<128 hex>, with Content-Digest:
sha-256=:<base64>:. The Ed25519 signature covers "fengge http\\n" and then, joined by \\n: headquarters' id, challenge, method,
target (path and query), hex SHA-256 of the body. Without a body also Authorization: Fengge <site>.<challenge>.<signature, base64url
without => alone."""


class Refused(BaseModel):
    """Every answer that declines: a stable code, and a sentence for people."""

    refused: str
    message: str


class Named(BaseModel):
    """A long answer, to be fetched at /v1/answers/{answer}."""

    answer: str
    size: int


class Received(BaseModel):
    """The package is safely here and waits to be taken; its receipt is to be asked for."""

    received: str


class Brought(BaseModel):
    """Of a file with attachments: how many are whole now, how many have come in part, how many were here before."""

    complete: int
    begun: int
    had: int


class Begun(BaseModel):
    """An upload under its name, and how many bytes of it are here."""

    upload: str
    offset: int


class Reached(BaseModel):
    """How many bytes are here."""

    offset: int


class File(BaseModel):
    """A file that headquarters lacks, and how many bytes of it are here."""

    hash: str
    size: int
    have: int


class Lacking(BaseModel):
    """Files of the asking site that headquarters lacks."""

    lacking: list[File]


class News(BaseModel):
    """There is something: the site is to send a package."""

    news: bool


class Have(BaseModel):
    """How many plain bytes of a file are here."""

    have: int


class Health(BaseModel):
    """Each ok, or the code of its trouble."""

    status: str
    store: str
    disk: str


_WORDS = {
    202: "Safely received, not yet taken: ask for the receipt",
    401: "Not signed by an enrolled site; WWW-Authenticate brings a challenge",
    403: "This site was revoked, or the code is none that counts",
    404: "Nothing by this name for this site",
    408: "The body came too slowly",
    409: "Does not begin where the last piece ended",
    413: "Too large",
    422: "Understood, and declined",
    429: "Too much at once from this site",
    500: "A fault of the program; nothing is half done",
    503: "Busy, or the store is in trouble: come again",
    507: "No room",
}
_ALWAYS = (422, 500, 503)


def answers(*statuses: int, sealed: str | None = None, waits: bool = False) -> dict[int | str, dict[str, Any]]:
    """The answers of a route: its own refusals, those of every route, and a sealed body where it has one."""
    found: dict[int | str, dict[str, Any]] = {
        code: {"model": Refused, "description": _WORDS[code]} for code in (*statuses, *_ALWAYS)
    }
    if sealed is not None:
        words = "Numbers" if sealed == TEXT else "Sealed for the asking site"
        found[200] = {
            "description": words,
            "content": {sealed: {"schema": {"type": "string"}} if sealed == TEXT else _BINARY},
        }
        if sealed == MEDIA:
            found[200]["model"] = Named | Brought if waits else Named
    if waits:
        found[202] = {"model": Received, "description": _WORDS[202]}
    for code in {429, 503} & set(found):
        found[code]["headers"] = {"Retry-After": {"schema": {"type": "string"}, "description": "Seconds"}}
    if 401 in found:
        found[401]["headers"] = {"WWW-Authenticate": {"schema": {"type": "string"}, "description": "The challenge"}}
    return found


#: The answer to a site for which nothing is new.
NOTHING: dict[int | str, dict[str, Any]] = {
    204: {
        "description": "Nothing is new: an answer to a package would be the one that the site has",
        "headers": {
            requests.NOTHING: {
                "schema": {"type": "string"},
                "description": "The site's new cursor, a point, and headquarters' signature (base64url) over \"fengge nothing new"
                "\\n\", the request's own signature in hex, \\n and the cursor",
            },
            requests.NEXT: {
                "schema": {"type": "string"},
                "description": "A fresh challenge, where the present one ends soon",
            },
        },
    }
}

#: Refusals of every request that has to be signed.
SIGNED = (401, 403, 429)


def takes(media: str) -> dict[str, Any]:
    """A route with a body of bytes."""
    return {"requestBody": {"required": True, "content": {media: _BINARY}}}


def takes_json(model: type[BaseModel]) -> dict[str, Any]:
    """A route with a body of this form."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": model.model_json_schema()}}}}


def complete(api: FastAPI) -> None:
    """The document says how requests are signed, and which need it."""
    plain = api.openapi

    def document() -> dict[str, Any]:
        made = plain()
        parts = made.setdefault("components", {})
        parts["securitySchemes"] = {
            "device": {"type": "apiKey", "in": "header", "name": "Authorization", "description": _SIGNED}
        }
        for path in made["paths"].values():
            for operation in path.values():
                if "401" in operation["responses"]:
                    operation["security"] = [{"device": []}]
        for name in ("HTTPValidationError", "ValidationError"):
            parts.get("schemas", {}).pop(name, None)
        return made

    api.openapi = document  # type: ignore[method-assign]
