"""Make the certificates of a test: an authority, and what it signs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

VALID = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Certificates:
    """PEM files: the authority's certificate; a server's with its key, in two files and in one."""

    authority: Path
    certificate: Path
    key: Path
    both: Path


def make_certificates(folder: Path, name: str) -> Certificates:
    """Write an authority and a certificate for `name` on 127.0.0.1 into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority_name = _name("tests' authority")
    authority = (
        _begun(authority_name, authority_name, authority_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    addresses = x509.SubjectAlternativeName(
        [x509.IPAddress(ip_address("127.0.0.1")), x509.DNSName("localhost")]
    )
    certificate = (
        _begun(_name(name), authority_name, key)
        .add_extension(addresses, critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    made = Certificates(*(folder / f"{part}.pem" for part in ("ca", "certificate", "key", "both")))
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = certificate.public_bytes(Encoding.PEM)
    made.authority.write_bytes(authority.public_bytes(Encoding.PEM))
    made.certificate.write_bytes(public)
    made.key.write_bytes(secret)
    made.both.write_bytes(secret + public)
    return made


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - VALID)
        .not_valid_after(now + VALID)
    )
