"""Reads dashboards by the types of Grafana's own SDK, which is generated from its schemas, and refuses what they do not know.

Usage: grafana_dashboards.py FILE…. Prints a line for each problem. The SDK's own `from_json` takes any value, and drops what it
does not know; so its types are asked instead.
"""

import enum
import functools
import inspect
import json
import sys
import types
import typing

from grafana_foundation_sdk.cog import plugins, runtime, variants
from grafana_foundation_sdk.models import dashboard, units

plugins.register_default_plugins()
KNOWN_UNITS = {value for name, value in vars(units).items() if isinstance(value, str) and not name.startswith("_")}
# The SDK takes links of fields for links of dashboards, which have more.
NOT_MISSED = {(dashboard.DashboardLink, "icon"), (dashboard.DashboardLink, "tooltip")}


@functools.cache
def fields(cls):
    """What a class of the SDK has, by the names of JSON: (attribute, type). Its `to_json` says which is which."""
    hints = typing.get_type_hints(cls, include_extras=False)
    probe = cls.__new__(cls)
    for attribute in hints:
        setattr(probe, attribute, attribute)
    return {key: (attribute, hints[attribute]) for key, attribute in probe.to_json().items()}


def missed(cls, attribute, hint):
    """What Grafana cannot fill in: the SDK makes an empty text of it. All else that must be there has a default."""
    optional = type(None) in typing.get_args(hint)
    return not optional and inspect.signature(cls).parameters[attribute].default == "" and (cls, attribute) not in NOT_MISSED


def read(value, kind, place):
    """Yields what is wrong with a value of that type."""
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if kind in (object, typing.Any):
        return
    if origin in (typing.Union, types.UnionType):
        found = [list(read(value, part, place)) for part in parts]
        # Of several that refuse it, that one speaks which came furthest, and then with the least to say.
        yield from [] if [] in found else max(found, key=lambda each: (max(depth(one) for one in each), -len(each)))
    elif origin is list:
        if not isinstance(value, list):
            yield f"{place}: {value!r} is no list"
            return
        for i, item in enumerate(value):
            yield from read(item, parts[0], f"{place}[{i}]")
    elif origin is dict:
        if not isinstance(value, dict):
            yield f"{place}: {value!r} is no object"
            return
        for key, item in value.items():
            yield from read(item, parts[1], f"{place}.{key}")
    elif origin is typing.Literal:
        if value not in parts:
            yield f"{place}: {value!r} is none of {parts}"
    elif issubclass(kind, variants.Dataquery):
        yield from query(value, kind, place)
    elif issubclass(kind, enum.Enum):
        if value not in [one.value for one in kind]:
            yield f"{place}: {value!r} is no {kind.__name__}"
    elif hasattr(kind, "to_json"):
        yield from structure(value, kind, place)
    elif not isinstance(value, (int, float) if kind is float else kind) or (isinstance(value, bool) and kind is not bool):
        yield f"{place}: {value!r} is no {getattr(kind, '__name__', kind)}"


def depth(problem):
    return problem.split(":")[0].count(".")


def structure(value, kind, place):
    if not isinstance(value, dict):
        yield f"{place}: {value!r} is no object"
        return
    known = fields(kind)
    for key, (attribute, hint) in known.items():
        if key in value:
            yield from read(value[key], hint, f"{place}.{key}")
        elif missed(kind, attribute, hint):
            yield f"{place}.{key}: is missing"
    yield from (f"{place}.{key}: is unknown to {kind.__name__}" for key in value if key not in known)
    if kind is dashboard.Panel:
        yield from panel(value, place)


def query(value, kind, place):
    if kind is not variants.Dataquery:
        yield from structure(value, kind, place)
        return
    source = value.get("datasource", {}).get("type")
    if source not in runtime.Runtime().dataquery_variants:
        yield f"{place}.datasource: {source!r} is no source"
        return
    yield from structure(value, owner(runtime.Runtime().dataquery_variants[source].from_json_hook), place)


def panel(value, place):
    """What the panel's plug-in says of its options, and of how it draws fields."""
    kind = value.get("type")
    plugin = runtime.panelcfg_config(kind)
    if plugin is None:
        yield f"{place}.type: {kind!r} is no panel"
        return
    defaults = value.get("fieldConfig", {}).get("defaults", {})
    if plugin.options_from_json_hook:
        yield from structure(value.get("options", {}), owner(plugin.options_from_json_hook), f"{place}.options")
    drawn, where = defaults.get("custom"), f"{place}.fieldConfig.defaults.custom"
    if drawn is not None and plugin.field_config_from_json_hook is None:
        yield f"{where}: a {kind} has none"
    elif drawn is not None:
        yield from structure(drawn, owner(plugin.field_config_from_json_hook), where)
    if "unit" in defaults and defaults["unit"] not in KNOWN_UNITS:
        yield f"{place}.fieldConfig.defaults.unit: {defaults['unit']!r} is no unit"


def owner(method):
    return method.__self__


for file in sys.argv[1:]:
    with open(file, encoding="utf-8") as text:
        for problem in structure(json.load(text), dashboard.Dashboard, file):
            print(problem)
