#!/usr/bin/env python3
"""Each check finds a bad sample and passes a good one."""
import json
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import checks


class ChecksTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)

    def put(self, path, text, mode=0o644):
        full = self.root / path
        full.parent.mkdir(parents=True, exist_ok=True)
        full.write_text(text)
        full.chmod(mode)

    def assert_found(self, problems, *parts):
        self.assertEqual(len(problems), len(parts), problems)
        for problem, part in zip(problems, parts):
            self.assertIn(part, problem)

    def test_layering_passes_what_the_table_allows(self):
        self.put("core/a.cpp", "#include <nexus/api/server.h>\n#include <nexus/storage/database.h>\n#include \"core/b.h\"\n")
        self.put("plugins/users/a.cpp", "#include <nexus/cpp/db.h>\n#include \"users_store.h\"\n#include <vector>\n")
        self.put("storage/a.cpp", "#include <nexus/cpp/result.h>\n#include <nexus/base.h>\n")
        self.put("tests/api/a.cpp", "#include \"core/b.h\"\n")
        self.assertEqual(checks.layering(self.root), [])

    def test_layering_names_the_broken_rule(self):
        self.put("api/a.cpp", "#include <nexus/storage/database.h>\n")
        self.put("plugins/auth/a.cpp", "#include \"plugins/users/users_store.h\"\n")
        self.put("plugins/auth/b.cpp", "#include <nexus/api/server.h>\n")
        self.put("sdk/include/nexus/base.h", "\n#include <nexus/cpp/result.h>\n")
        self.put("storage/a.cpp", "#include <nexus/cpp/plugin.h>\n")
        self.assert_found(checks.layering(self.root), "api/a.cpp:1: includes nexus/storage/database.h: api must not include storage",
                          "plugins must not include another plugin", "plugins must not include api",
                          "base.h:2: includes nexus/cpp/result.h: sdk C must not include sdk cpp", "only result.h and status.h")

    def test_a_long_file_is_named(self):
        self.put("core/long.cpp", "\n" * 501)
        self.put("core/short.cpp", "\n" * 500)
        self.assert_found(checks.file_size(self.root), "core/long.cpp: 501 lines")

    def test_forbidden_words_are_found_where_they_are_whole(self):
        self.put("core/a.cpp", "// " + "TO" + "DO later\n// mastodon\n")
        self.put("docs/a.md", "see /wo" + "rk/main\nhttps://x/wo" + "rk/1\n${root}/wo" + "rk/x\n")
        self.assert_found(checks.words(self.root), "core/a.cpp:1", "docs/a.md:1")

    def test_a_module_with_a_second_symbol_is_named(self):
        good, bad = "const int nexus_plugin_entry = 1;", "const int nexus_plugin_entry = 1; int leak(void) { return 1; }"
        for name, text in (("good", good), ("bad", bad)):
            self.put(f"{name}.c", text)
            subprocess.run(["gcc", "-shared", "-fPIC", "-nostartfiles", f"{self.root}/{name}.c", "-o", f"{self.root}/{name}.so"],
                           check=True)
        self.assert_found(checks.exports([str(self.root)]), "bad.so: exports")

    def test_catalogues_must_agree(self):
        self.put("plugins/a/i18n/en.json", json.dumps({"a.x": "Hi {name}", "a.only": "y", "a.same": "{n} of {m}", "b.y": "z"}))
        self.put("plugins/a/i18n/zh-CN.json", json.dumps({"a.x": "Hi {nom}", "a.same": "{m} of {n}", "b.y": "z"}))
        self.put("api/i18n/en.json", '{"k": "v", "k": "w"}')
        self.put("api/i18n/zh-CN.json", '{"k": "v"}')
        self.put("core/i18n/en.json", "{}")
        self.assert_found(checks.catalogues(self.root), "api/i18n: k stands twice", "core/i18n: needs", "a.only is missing in zh-CN",
                          "a.x has other placeholders", "b.y does not begin with a.")

    def test_operations_must_be_described(self):
        whole = {"operationId": "list", "summary": "List", "description": "All.", "tags": ["a"], "responses": {"200": {}}}
        part = {"operationId": "list", "summary": "", "responses": {"200": {}}}
        other = {**whole, "operationId": "other", "tags": ["b"]}
        tags = [{"name": "a", "description": "Things"}, {"name": "b"}]
        self.put("plugins/a/openapi.json", json.dumps({"tags": tags, "paths": {"/a": {"get": whole, "post": part, "put": other}}}))
        self.assert_found(checks.openapi(self.root), "POST /a has no summary", "POST /a has no description", "POST /a has no tags",
                          "operationId list is that of", "tags do not describe b")

    def test_node_packages_are_exact_and_from_nowhere(self):
        self.put("tests/a/package.json", '{"dependencies": {"good": "1.2.3", "loose": "^1.2.3"}}')
        self.put("tests/a/package-lock.json", '{"packages": {"node_modules/good": {"resolved": "https://registry.example/good.tgz"}}}')
        self.put("tests/b/package.json", '{"dependencies": {"good": "1.2.3"}}')
        self.put("tests/b/package-lock.json", '{"packages": {"node_modules/good": {"version": "1.2.3"}}}')
        self.assert_found(checks.lock_files(self.root), "tests/a/package-lock.json: names where", "loose ^1.2.3 is no exact version")

    def test_sources_and_build_files_must_agree(self):
        self.put("core/CMakeLists.txt", "add_library(a STATIC a.cpp gone.cpp) # not.cpp\nconfigure_file(made.cpp.in made.cpp)\n")
        self.put("core/a.cpp", "")
        self.put("core/forgotten.cpp", "")
        self.put("plugins/p/CMakeLists.txt", "nexus_add_plugin(p SOURCES p_store.cpp)\n")
        self.put("plugins/p/plugin.cpp", "")
        self.put("plugins/p/p_store.cpp", "")
        self.assert_found(checks.listed_sources(self.root), "names gone.cpp", "core/forgotten.cpp: no CMakeLists.txt")

    @unittest.skipUnless(shutil.which("clang-format") or shutil.which("clang-format-14"), "clang-format is not installed")
    def test_unformatted_code_is_named(self):
        self.put(".clang-format", "BasedOnStyle: Google\n")
        self.put("core/bad.cpp", "int  main( ){return 0 ;}\n")
        self.put("core/good.cpp", "int main() { return 0; }\n")
        self.assert_found(checks.formatting(self.root), "core/bad.cpp: not formatted")

    def test_scripts_must_run(self):
        self.put("scripts/good", "#!/bin/bash\necho ok\n", 0o755)
        self.put("scripts/broken", "#!/bin/bash\nif true; then\n", 0o755)
        self.put("scripts/locked", "#!/bin/bash\necho ok\n")
        self.put("scripts/lib.sh", "say() { echo; }\n")
        self.put("scripts/plain", "echo ok\n", 0o755)
        self.assert_found(checks.scripts(self.root), "scripts/broken", "scripts/locked: not executable", "scripts/plain: no #! line")


if __name__ == "__main__":
    unittest.main()
