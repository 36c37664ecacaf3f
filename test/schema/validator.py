# SPDX-License-Identifier: GPL-2.0-only
"""Reads a JSON document strictly and holds it against a schema of this folder."""
import json
import pathlib

import jsonschema

FOLDER = pathlib.Path(__file__).resolve().parent
SCHEMAS = {path.name: json.loads(path.read_text()) for path in FOLDER.glob("*.schema.json")}


def _refuse_constant(text):
    raise ValueError(f"{text} is no JSON number")


def _refuse_duplicates(pairs):
    keys = [key for key, _ in pairs]
    twice = {key for key in keys if keys.count(key) > 1}
    if twice:
        raise ValueError(f"an object has a key twice: {sorted(twice)}")
    return dict(pairs)


def parse(data):
    """One document: UTF-8, no NaN, no key twice, nothing after it but white space."""
    return json.loads(data.decode("utf-8"), parse_constant=_refuse_constant,
                      object_pairs_hook=_refuse_duplicates)


def complaints(document, name):
    """What the schema `name` ("profile", "doctor") has against the document, as sentences."""
    schema = SCHEMAS[f"{name}.schema.json"]
    resolver = jsonschema.RefResolver(schema["$id"], schema, store=SCHEMAS)
    validator = jsonschema.Draft202012Validator(schema, resolver=resolver)
    return [f"{error.json_path}: {error.message[:300]}" for error in
            validator.iter_errors(document)]
