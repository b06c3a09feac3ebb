# SPDX-License-Identifier: Apache-2.0
"""Holds documents of --json against the schemas that are promised to whoever reads them."""

import functools
import json
import pathlib

import jsonschema

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "docs/schemas"


def closed(schema):
    """Readers have to bear members that they do not know; a test says when one came without a word."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    schema = {name: closed(part) for name, part in schema.items()}
    if "properties" in schema and "required" in schema:
        schema["additionalProperties"] = False
    return schema


@functools.cache
def validator(name):
    schema = json.loads((FOLDER / f"{name}.json").read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(closed(schema))


def name_of(document):
    """`sealwax-plan` of a document whose member "schema" is "sealwax-plan 1"."""
    return document["schema"].rsplit(" ", 1)[0]


def check(text):
    """Raises jsonschema.ValidationError where `text` is a document and not as its schema says."""
    if not text.startswith("{") or '"schema"' not in text[:100]:
        return
    try:
        document = json.loads(text)
    except ValueError:
        return  # cut off, or several: the tests that ask for those look themselves
    validator(name_of(document)).validate(document)
