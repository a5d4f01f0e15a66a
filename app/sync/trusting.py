"""Whom a site believes to be headquarters' server: headquarters' own authority and nobody else, once it is known."""

import ssl

from app.errors import Refusal
from app.i18n import N_

#: OpenSSL's X509_V_FLAG_NO_CHECK_TIME. A laptop's clock may be years off; it is no reason to refuse headquarters.
_ANY_TIME = 0x200000
_BAD_CA = N_("证书文件「{file}」读不了, 应为 PEM 格式。")
_BAD_AUTHORITY = N_("本机记下的总部证书读不了, 没有连接。请用 U 盘收发一次, 或联系总部。")


def context(authority: str = "", file: str | None = None) -> ssl.SSLContext:
    """Trusts headquarters' authority and those in the file; the system's only where neither is known. Refused: no PEM."""
    found = ssl.SSLContext(_CLIENT) if authority or file else ssl.create_default_context()
    found.minimum_version = ssl.TLSVersion.TLSv1_2
    if file:
        try:
            found.load_verify_locations(cafile=file)
        except (OSError, ValueError) as error:
            raise Refusal("ca_bad", _BAD_CA, file=file) from error
    elif authority:
        found.verify_flags |= _ANY_TIME
    if authority:
        try:
            found.load_verify_locations(cadata=authority)
        except (OSError, ValueError) as error:
            raise Refusal("ca_bad", _BAD_AUTHORITY) from error
    return found


def anybody() -> ssl.SSLContext:
    """Hides what is said from the line and believes nobody: for what proves itself whoever brings it."""
    found = ssl.SSLContext(_CLIENT)
    found.check_hostname, found.verify_mode = False, ssl.CERT_NONE
    return found


_CLIENT = ssl.PROTOCOL_TLS_CLIENT  # asks for a certificate, and for the right name in it


def by_certificate(error: BaseException | None) -> bool:
    """Whether it was the server's certificate that was not believed."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False
