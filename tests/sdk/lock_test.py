#!/usr/bin/env python3
"""The lock fails on every break of the ABI and passes an append; each case patches a copy of the real headers."""
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
LOCK_TOOL = ROOT / "sdk" / "abi" / "lock.py"


def lock(*arguments):
    return subprocess.run([sys.executable, str(LOCK_TOOL), *map(str, arguments)], capture_output=True, text=True)


class LockTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.include = pathlib.Path(self.folder.name, "include")
        shutil.copytree(ROOT / "sdk" / "include" / "nexus", self.include / "nexus")
        self.lock_file = pathlib.Path(self.folder.name, "test.lock")
        made = lock("write", "--drafts", "--headers", self.include, self.lock_file)
        self.assertEqual(made.returncode, 0, made.stderr)

    def patch(self, header, old, new):
        path = self.include / "nexus" / header
        text = path.read_text()
        self.assertEqual(text.count(old), 1, f"{header}: {old}")
        path.write_text(text.replace(old, new))

    def compile(self):
        source = pathlib.Path(self.folder.name, "assertions.c")
        self.assertEqual(lock("assert", self.lock_file, source).returncode, 0)
        return subprocess.run(["gcc", "-std=gnu11", "-Wall", "-Werror", "-fsyntax-only", f"-I{self.include}", str(source)],
                              capture_output=True, text=True)

    def assert_breaks(self, named):
        result = self.compile()
        self.assertNotEqual(result.returncode, 0, "the lock let it pass")
        self.assertIn(named, result.stderr)

    def test_unchanged_headers_pass(self):
        result = self.compile()
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_an_appended_function_passes(self):
        self.patch("log.h", "} nx_log_api;", "  nx_status (*flush)(const nx_host* host);\n} nx_log_api;")
        result = self.compile()
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_an_appended_member_of_a_growing_struct_passes(self):
        self.patch("http.h", "} nx_route;", "  uint64_t appended;\n} nx_route;")
        self.assertEqual(self.compile().returncode, 0)

    def test_an_appended_constant_passes(self):
        self.patch("base.h", "NX_E_INTERNAL = -15 ", "NX_E_INTERNAL = -15, NX_E_MORE = -16 ")
        self.assertEqual(self.compile().returncode, 0)

    def test_an_inserted_member_fails(self):
        self.patch("http.h", "  nx_str method;  /*", "  uint64_t inserted;\n  nx_str method;  /*")
        self.assert_breaks("nx_route.method moved")

    def test_an_inserted_function_fails(self):
        self.patch("db.h", "  void (*rows_free)", "  nx_status (*rewind)(nx_rows* rows);\n  void (*rows_free)")
        self.assert_breaks("nx_db_api.rows_free moved")

    def test_a_retyped_argument_fails(self):
        self.patch("events.h", "nx_reg* reg, const nx_topic* topic", "nx_reg* reg, nx_topic* topic")
        self.assert_breaks("nx_events_api.declare_topic was")

    def test_a_retyped_argument_of_a_callback_type_fails(self):
        self.patch("clock.h", "(void* user_data, nx_call* call);", "(void* user_data, const nx_call* call);")
        self.assert_breaks("nx_timer_fn was")

    def test_a_retyped_member_of_the_same_size_fails(self):
        self.patch("http.h", "int32_t http_status;", "uint32_t http_status;")
        self.assert_breaks("nx_response.http_status was")

    def test_swapped_functions_of_one_type_fail(self):
        self.patch("db.h", "(*commit)", "(*swapped)")
        self.patch("db.h", "(*rollback)", "(*commit)")
        self.patch("db.h", "(*swapped)", "(*rollback)")
        self.assert_breaks("nx_db_api.commit moved")

    def test_a_removed_member_fails(self):
        self.patch("log.h", "  const volatile int32_t* threshold;\n", "")
        self.assert_breaks("threshold")

    def test_a_frozen_struct_must_not_even_grow(self):
        self.patch("base.h", "  uint64_t len;\n} nx_str;", "  uint64_t len;\n  uint64_t more;\n} nx_str;")
        self.assert_breaks("nx_str is frozen")

    def test_a_changed_constant_fails(self):
        self.patch("base.h", "NX_E_BUSY = -6,", "NX_E_BUSY = -60,")
        self.assert_breaks("NX_E_BUSY was -6")

    def test_a_changed_interface_id_fails(self):
        self.patch("log.h", 'log/1"', 'log/2"')
        self.assert_breaks("NX_LOG_ID was")

    def test_writing_again_keeps_what_is_locked(self):
        self.patch("http.h", "int32_t http_status;", "uint32_t http_status;")
        again = lock("write", "--drafts", "--headers", self.include, self.lock_file)
        self.assertEqual(again.returncode, 1)
        self.assertIn("nx_response http_status", again.stderr)
        forced = lock("write", "--drafts", "--rewrite", "--headers", self.include, self.lock_file)
        self.assertEqual(forced.returncode, 0, forced.stderr)
        self.assertEqual(self.compile().returncode, 0)

    def test_a_promoted_draft_must_be_locked(self):
        self.patch("log.h", '"nexus.log/1"', '"nexus.draft.log/1"')
        released_only = lock("write", "--rewrite", "--headers", self.include, self.lock_file)
        self.assertEqual(released_only.returncode, 0, released_only.stderr)
        self.assertEqual(lock("check", "--headers", self.include, self.lock_file).returncode, 0)
        header = self.include / "nexus" / "log.h"
        header.write_text(header.read_text().replace(".draft.", "."))
        check = lock("check", "--headers", self.include, self.lock_file)
        self.assertEqual(check.returncode, 1)
        self.assertIn("nx_log_api write", check.stderr)


if __name__ == "__main__":
    unittest.main()
