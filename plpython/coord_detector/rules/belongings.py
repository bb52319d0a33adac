"""What belongs to a role or comes with an extension, though no statement names it."""

from __future__ import annotations

from collections.abc import Iterable

from ..identity import ROUTINE, family_of, key_of
from ..model import Json, Side, Touch
from .dependents import is_looked_up
from .effects import Prepared
from .verdict import Report, Verdict

BROUGHT: dict[str, frozenset[str]] = {
    "btree_gin": frozenset(("int4_ops", "text_ops")),
    "btree_gist": frozenset(("gist_int4_ops", "gist_text_ops", "gist_timestamptz_ops")),
    "citext": frozenset(("citext",)),
    "cube": frozenset(("cube", "gist_cube_ops")),
    "dblink": frozenset(("dblink", "dblink_connect", "dblink_exec")),
    "earthdistance": frozenset(("earth", "ll_to_earth", "earth_distance", "earth_box")),
    "fuzzystrmatch": frozenset(("levenshtein", "soundex", "metaphone", "dmetaphone")),
    "hstore": frozenset(("hstore", "gin_hstore_ops", "gist_hstore_ops", "hstore_to_json")),
    "intarray": frozenset(("gin__int_ops", "gist__int_ops", "query_int", "sort", "uniq")),
    "isn": frozenset(("isbn", "isbn13", "ean13", "issn", "upc")),
    "ltree": frozenset(("ltree", "lquery", "ltxtquery", "gist_ltree_ops", "nlevel", "subpath")),
    "pg_trgm": frozenset(
        ("gin_trgm_ops", "gist_trgm_ops", "similarity", "word_similarity", "show_trgm")
    ),
    "pgcrypto": frozenset(
        (
            "crypt",
            "gen_salt",
            "digest",
            "hmac",
            "encrypt",
            "decrypt",
            "pgp_sym_encrypt",
            "pgp_sym_decrypt",
            "pgp_pub_encrypt",
            "gen_random_bytes",
        )
    ),
    "postgis": frozenset(("geometry", "geography", "st_distance", "st_makepoint", "st_contains")),
    "seg": frozenset(("seg", "gist_seg_ops")),
    "tablefunc": frozenset(("crosstab", "connectby", "normal_rand")),
    "unaccent": frozenset(("unaccent",)),
    "uuid-ossp": frozenset(("uuid_generate_v1", "uuid_generate_v4", "uuid_generate_v5")),
    "vector": frozenset(("vector", "halfvec", "vector_l2_ops", "vector_cosine_ops")),
}
"""Names that well-known extensions are created for (documentation, Additional Supplied Modules)."""

_KINDS = frozenset(("type", "operator class", "text search dictionary"))


_EXTENSIONS_BY_NAME: dict[str, list[str]] = {}
for _extension_name, _names in BROUGHT.items():
    for _name in _names:
        _EXTENSIONS_BY_NAME.setdefault(_name, []).append(_extension_name)


def bringing(touch: Touch) -> list[str]:
    """The well-known extensions that what is named may come from."""
    if touch.kind not in _KINDS and family_of(touch.kind) != ROUTINE:
        return []
    return _EXTENSIONS_BY_NAME.get(touch.name.partition("(")[0], [])


def compare(owner: Prepared, other: Prepared, side: Side, report: Report) -> None:
    brought = {extension.name for extension in other.extensions}
    for extension in owner.extensions:
        if not extension.detail.get("exists") and extension.name not in brought:
            _extension(extension, other.touches, side, report)
    if owner.estates:
        _estates(owner.estates, other.touches, report)


def _extension(extension: Touch, touches: Iterable[Touch], side: Side, report: Report) -> None:
    for touch in touches:
        if touch.action == "use" and extension.name in bringing(touch) and is_looked_up(touch):
            report(
                Verdict(
                    "create-before-use",
                    "dependency",
                    "order",
                    "warning",
                    side,
                    (key_of(extension),),
                )
            )
            return


def _estates(estates: Iterable[Touch], touches: Iterable[Touch], report: Report) -> None:
    """DROP OWNED also takes away privileges; REASSIGN OWNED hands over what is owned."""
    of_role: dict[Json, Touch] = {estate.name: estate for estate in estates}
    dropped = {estate.name for estate in estates if estate.detail.get("value") is None}
    for touch in touches:
        detail = touch.detail
        roles: list[Json] = []
        if (touch.facet or "").startswith("privileges") and detail.get("is_grant"):
            roles += [role for role in _listed(detail.get("grantee")) if role in dropped]
        if touch.facet == "owner":
            roles.append(detail.get("value"))
        if touch.action == "create":
            roles.append(detail.get("owner"))
        if touch.kind == "policy":
            listed = detail.get("value") if touch.facet == "roles" else detail.get("roles")
            roles += [role for role in _listed(listed) if role in dropped]
        for role in roles:
            estate = of_role.get(role) if isinstance(role, str) else None
            if estate is not None:
                report(
                    Verdict(
                        "owned-or-granted",
                        "privilege",
                        "clash",
                        "error",
                        None,
                        (key_of(estate), key_of(touch)),
                    )
                )


def _listed(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
