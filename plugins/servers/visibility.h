// Who sees which rows, and what he may do with them: the one place that says so in SQL.
//
// A server and a group belong to their owner. Administrators and operators manage everything. Everybody else has on a
// group the highest of what he was granted on it and on the groups that it stands in, and on a server the highest of
// what he has on the groups that hold it.
// Nothing is remembered between statements, so that a grant that is taken back counts no longer.
#pragma once

#include "model.h"

#include <nexus/cpp/list_query.h>

namespace nexus::servers {

// A piece of SQL and the values of its `?`.
struct Condition {
  std::string_view text;
  std::vector<std::int64_t> args;
};

// True for the rows of servers_servers `s`, servers_groups `g`, and servers_ssh_keys `k` that the caller sees. Keys are
// their owner's alone: no grant shows one.
Condition sees_server(const Scope& scope);
Condition sees_group(const Scope& scope);
Condition sees_key(const Scope& scope);

// The caller's Level on `s` and on `g`, as a number; NULL is none.
Condition level_on_server(const Scope& scope);
Condition level_on_group(const Scope& scope);

// The group that `g` stands in, NULL where the caller does not see it.
Condition seen_parent(const Scope& scope);

// Adds it to the conditions of `where`, or only its values: for a piece that stands elsewhere in the statement. Values
// go in the order of their `?`.
void add(Where& where, const Condition& condition);
void bind(Where& where, const Condition& condition);

// The first of the rows that a statement about one thing gives.
template <class Row>
Result<std::optional<Row>> first_of(Result<std::vector<Row>> rows) {
  if (!rows.ok()) return rows.error();
  return rows->empty() ? std::optional<Row>() : std::optional<Row>(std::move(rows->front()));
}

}  // namespace nexus::servers
