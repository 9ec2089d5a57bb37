//! The two schemas are one: both are read back from the database into the same words and compared.

use crate::fixture::Empty;
use dashly_db::{Engine, Sql, sql};

/// One line for each column: table, name, kind of value, whether it may be null, whether it has a default.
const COLUMNS: Sql = sql! {
    postgres: "
        select concat_ws(' ', c.relname, a.attname,
                         case format_type(a.atttypid, a.atttypmod)
                           when 'text' then 'text'
                           when 'bigint' then 'integer'
                           when 'boolean' then 'integer'
                           when 'timestamp with time zone' then 'integer'
                           when 'double precision' then 'real'
                           when 'uuid' then 'blob'
                           else 'unknown type ' || format_type(a.atttypid, a.atttypmod)
                         end,
                         case when a.attnotnull then 'required' else 'optional' end,
                         case when a.atthasdef then 'default' else 'none' end)
        from pg_class c
        join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        where c.relkind = 'r' and c.relnamespace = current_schema()::regnamespace",
    sqlite: "
        select concat_ws(' ', t.name, c.name, lower(c.type),
                         case when c.\"notnull\" or (c.pk > 0 and lower(c.type) = 'integer') then 'required'
                              else 'optional' end,
                         case when c.dflt_value is not null then 'default' else 'none' end)
        from sqlite_master t
        join pragma_table_info(t.name) c
        where t.type = 'table' and t.name not like 'sqlite_%'",
};

/// One line for each primary key.
const KEYS: Sql = sql! {
    postgres: "
        select concat_ws(' ', c.relname,
                         (select string_agg(a.attname, ',' order by k.place)
                          from unnest(p.conkey) with ordinality k (attnum, place)
                          join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum))
        from pg_class c
        join pg_constraint p on p.conrelid = c.oid and p.contype = 'p'
        where c.relnamespace = current_schema()::regnamespace",
    sqlite: "
        select concat_ws(' ', t.name,
                         (select group_concat(name, ',')
                          from (select name from pragma_table_info(t.name) where pk > 0 order by pk)))
        from sqlite_master t
        where t.type = 'table' and t.name not like 'sqlite_%'",
};

/// One line for each further index: table, whether it is unique, columns in order, condition.
const INDEXES: Sql = sql! {
    postgres: "
        select concat_ws(' ', c.relname, case when i.indisunique then 'unique' else 'plain' end,
                         (select string_agg(a.attname, ',' order by k.place)
                          from unnest(i.indkey) with ordinality k (attnum, place)
                          join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum),
                         coalesce(lower(translate(pg_get_expr(i.indpred, i.indrelid), '()', '')), 'always'))
        from pg_index i
        join pg_class c on c.oid = i.indrelid
        where not i.indisprimary and c.relnamespace = current_schema()::regnamespace",
    sqlite: "
        select concat_ws(' ', t.name, case when i.\"unique\" then 'unique' else 'plain' end,
                         (select group_concat(name, ',')
                          from (select name from pragma_index_info(i.name) order by seqno)),
                         case when i.partial
                              then (select lower(trim(substr(s.sql, instr(s.sql, 'where ') + 6)))
                                    from sqlite_master s where s.name = i.name)
                              else 'always' end)
        from sqlite_master t
        join pragma_index_list(t.name) i
        where t.type = 'table' and t.name not like 'sqlite_%' and i.origin <> 'pk'",
};

/// One line for each reference.
const REFERENCES: Sql = sql! {
    postgres: "
        select concat_ws(' ', c.relname, a.attname, f.relname, b.attname,
                         case r.confdeltype when 'c' then 'cascade' when 'a' then 'no action' else 'other' end)
        from pg_constraint r
        join pg_class c on c.oid = r.conrelid
        join pg_class f on f.oid = r.confrelid
        join pg_attribute a on a.attrelid = c.oid and a.attnum = r.conkey[1]
        join pg_attribute b on b.attrelid = f.oid and b.attnum = r.confkey[1]
        where r.contype = 'f' and c.relnamespace = current_schema()::regnamespace",
    sqlite: "
        select concat_ws(' ', t.name, r.\"from\", r.\"table\", r.\"to\", lower(r.on_delete))
        from sqlite_master t
        join pragma_foreign_key_list(t.name) r
        where t.type = 'table'",
};

async fn schema(engine: Engine) -> Vec<String> {
    let database = Empty::new(engine).await;
    database.db.migrate().await.unwrap();
    let mut lines = Vec::new();
    for (what, sql) in [("column", COLUMNS), ("key", KEYS), ("index", INDEXES), ("reference", REFERENCES)] {
        for row in database.db.fetch_all(sql.query()).await.unwrap() {
            lines.push(format!("{what} {}", row.get::<String>(0).unwrap()));
        }
    }
    database.end().await;
    lines.sort();
    lines
}

#[tokio::test]
async fn both_engines_have_the_same_tables_columns_keys_and_references() {
    let (sqlite, postgres) = tokio::join!(schema(Engine::Sqlite), schema(Engine::Postgres));
    let missing = |from: &[String], others: &[String]| -> Vec<String> {
        others.iter().filter(|line| !from.contains(line)).cloned().collect()
    };
    assert_eq!(missing(&sqlite, &postgres), Vec::<String>::new(), "only on PostgreSQL");
    assert_eq!(missing(&postgres, &sqlite), Vec::<String>::new(), "only on SQLite");
    assert_eq!(sqlite.len(), postgres.len());
    assert!(sqlite.len() > 70, "{} lines are too few to show anything", sqlite.len());
    assert!(sqlite.contains(&"column users email_key text required none".to_owned()), "{sqlite:#?}");
    assert!(sqlite.contains(&"reference sessions user_id users id cascade".to_owned()), "{sqlite:#?}");
}
