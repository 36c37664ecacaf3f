# SPDX-License-Identifier: GPL-2.0-only
"""What a profile's JSON must mean, beyond its shape: sums, bounds, and rows that agree.

Takes a document that profile.schema.json has passed; each rule is a function that yields
sentences. test/cli/test_json_checker.py breaks each of them once.
"""
import account
import agreement
import row

RULES = (*row.RULES, *agreement.RULES, *account.RULES)


def complaints(document):
    return [complaint for rule in RULES for complaint in rule(document)]
