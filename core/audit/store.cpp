#include "core/audit/store.h"

#include <array>

namespace nexus::core::audit {
namespace {

constexpr std::size_t kColumns = 1 + kNumberColumns.size() + kTextColumns.size() + 1;

// "sequence, time_us, ..., details, hash"
const std::string& columns() {
  static const std::string kNames = [] {
    std::string names = "sequence";
    for (const auto& column : kNumberColumns) names.append(", ").append(column.name);
    for (const auto& column : kTextColumns) names.append(", ").append(column.name);
    return names + ", hash";
  }();
  return kNames;
}

const std::string& insert_statement() {
  static const std::string kText = [] {
    std::string marks = "?";
    for (std::size_t i = 1; i < kColumns; ++i) marks += ", ?";
    return "INSERT INTO host_audit (" + columns() + ") VALUES (" + marks + ")";
  }();
  return kText;
}

StoredEntry read_entry(const Row& row) {
  StoredEntry out;
  std::size_t at = 0;
  out.mark.sequence = row.integer(at++);
  for (const auto& column : kNumberColumns) out.entry.*column.member = row.integer(at++);
  for (const auto& column : kTextColumns) out.entry.*column.member = row.string(at++);
  out.mark.hash = to_hash(row.text(at));
  return out;
}

Mark read_mark(const Row& row, std::size_t at) { return {row.integer(at), to_hash(row.text(at + 1))}; }

Head read_head(const Row& row, std::size_t at) {
  return {read_mark(row, at), read_mark(row, at + 2), to_hash(row.text(at + 4))};
}

constexpr std::string_view kHeadColumns = "h.sequence, h.hash, h.before_sequence, h.before_hash, h.before_seal";

// All rows of a result as `map` makes them.
template <class Map>
auto collect(Result<std::unique_ptr<storage::Rows>> rows, Map&& map)
    -> Result<std::vector<std::invoke_result_t<Map, const Row&>>> {
  if (!rows.ok()) return std::move(rows).error();
  std::vector<std::invoke_result_t<Map, const Row&>> out;
  const auto width = (*rows)->columns().size();
  for (;;) {
    NEXUS_ASSIGN(const auto cells, (*rows)->fetch());
    if (cells.empty()) return out;
    for (std::size_t at = 0; at + width <= cells.size(); at += width) out.push_back(map(Row(cells.subspan(at, width))));
  }
}

template <class Value>
Result<std::optional<Value>> first(Result<std::vector<Value>> values) {
  if (!values.ok()) return std::move(values).error();
  return values->empty() ? std::optional<Value>() : std::optional(values->front());
}

Hash read_hash(const Row& row) { return to_hash(row.text(0)); }
constexpr std::string_view kHashAt = "SELECT hash FROM host_audit WHERE sequence = ?";

}  // namespace

Result<std::optional<Head>> ChangingStore::lock_head() const {
  const auto lock = dialect_ == storage::Dialect::mysql ? " FOR UPDATE" : "";
  const auto sql = "SELECT " + std::string(kHeadColumns) + " FROM host_audit_head h WHERE h.id = 1" + lock;
  return first(collect(transaction_->query(sql, {}), [](const Row& row) { return read_head(row, 0); }));
}

Result<void> ChangingStore::set_head(const Head& head, bool exists) const {
  const std::array values{to_value(head.last.sequence), blob_value(bytes_of(head.last.hash)),
                          to_value(head.before_first.sequence), blob_value(bytes_of(head.before_first.hash)),
                          blob_value(bytes_of(head.seal))};
  NEXUS_TRY(transaction_->exec(
      exists ? "UPDATE host_audit_head SET sequence = ?, hash = ?, before_sequence = ?, before_hash = ?, "
               "before_seal = ? WHERE id = 1"
             : "INSERT INTO host_audit_head (sequence, hash, before_sequence, before_hash, before_seal, id) "
               "VALUES (?, ?, ?, ?, ?, 1)",
      values));
  return {};
}

Result<void> ChangingStore::insert(const Mark& mark, const Entry& entry) const {
  std::array<nx_value, kColumns> values;
  std::size_t at = 0;
  values[at++] = to_value(mark.sequence);
  for (const auto& column : kNumberColumns) values[at++] = to_value(entry.*column.member);
  for (const auto& column : kTextColumns) values[at++] = to_value(std::string_view(entry.*column.member));
  values[at] = blob_value(bytes_of(mark.hash));
  NEXUS_TRY(transaction_->exec(insert_statement(), values));
  return {};
}

Result<std::optional<Mark>> ChangingStore::newest() const {
  return first(collect(transaction_->query("SELECT sequence, hash FROM host_audit ORDER BY sequence DESC LIMIT 1", {}),
                       [](const Row& row) { return read_mark(row, 0); }));
}

Result<std::optional<Hash>> ChangingStore::hash_at(std::int64_t sequence) const {
  const std::array args{to_value(sequence)};
  return first(collect(transaction_->query(kHashAt, args), read_hash));
}

Result<std::vector<StoredEntry>> ChangingStore::oldest(std::int64_t limit) const {
  const std::array args{to_value(limit)};
  return collect(transaction_->query("SELECT " + columns() + " FROM host_audit ORDER BY sequence LIMIT ?", args),
                 read_entry);
}

Result<void> ChangingStore::remove_up_to(std::int64_t sequence) const {
  const std::array args{to_value(sequence)};
  NEXUS_TRY(transaction_->exec("DELETE FROM host_audit WHERE sequence <= ?", args));
  return {};
}

Result<Ends> ReadingStore::ends() const {
  const auto sql = "SELECT e.oldest, e.newest, " + std::string(kHeadColumns) +
                   ", h.id FROM (SELECT MIN(sequence) AS oldest, MAX(sequence) AS newest FROM host_audit) e "
                   "LEFT JOIN host_audit_head h ON h.id = 1";
  NEXUS_ASSIGN(const auto found, first(collect(database_->query(sql, {}, false, deadline_), [](const Row& row) {
                 return Ends{read_head(row, 2), !row.null(7), row.integer(0), row.integer(1)};
               })));
  return found.value_or(Ends());
}

Result<std::vector<StoredEntry>> ReadingStore::rows(const std::string& sql, std::span<const nx_value> args) const {
  return collect(database_->query(sql, args, false, deadline_), read_entry);
}

Result<std::vector<StoredEntry>> ReadingStore::after(std::int64_t sequence, std::int64_t limit) const {
  return list_after({}, sequence, limit);
}

Result<std::optional<Hash>> ReadingStore::hash_at(std::int64_t sequence) const {
  const std::array args{to_value(sequence)};
  return first(collect(database_->query(kHashAt, args, false, deadline_), read_hash));
}

Result<std::vector<StoredEntry>> ReadingStore::list(const Filter& filter, std::int64_t limit,
                                                    std::int64_t offset) const {
  constexpr std::array<SortColumn, 1> kSortColumns{{{"time", "time_us"}}};
  const auto pattern = contains_pattern(filter.search);
  auto where = where_of(filter, pattern);
  where.bind(limit, offset);
  return rows("SELECT " + columns() + " FROM host_audit" + where.text() +
                  order_by(filter.sort, kSortColumns, "sequence") + " LIMIT ? OFFSET ?",
              where.args());
}

Result<std::int64_t> ReadingStore::count(const Filter& filter) const {
  const auto pattern = contains_pattern(filter.search);
  const auto where = where_of(filter, pattern);
  NEXUS_ASSIGN(
      const auto found,
      first(collect(database_->query("SELECT COUNT(*) FROM host_audit" + where.text(), where.args(), false, deadline_),
                    [](const Row& row) { return row.integer(0); })));
  return found.value_or(0);
}

Result<std::vector<StoredEntry>> ReadingStore::list_after(const Filter& filter, std::int64_t sequence,
                                                          std::int64_t limit) const {
  const auto pattern = contains_pattern(filter.search);
  auto where = where_of(filter, pattern);
  where.add("sequence > ?", sequence);
  where.bind(limit);
  return rows("SELECT " + columns() + " FROM host_audit" + where.text() + " ORDER BY sequence LIMIT ?", where.args());
}

}  // namespace nexus::core::audit
