/* eslint-disable jsx-a11y/no-redundant-roles, jsx-a11y/no-interactive-element-to-noninteractive-role --
   Not redundant: a table part that is displayed as a block on a phone loses its role unless it is given. */
import { tableFeatures, useTable, type ColumnDef } from '@tanstack/react-table';
import { useMemo, type ReactNode } from 'react';
import styles from './DataTable.module.css';
import { classNames } from './classNames.ts';

const features = tableFeatures({});

/** A column: how it is headed and what it shows of a row. */
export interface DataColumn<Row> {
  id: string;
  /** Plain name of the column; on a phone it stands beside each value. */
  label: string;
  /** What stands in the header, when more than the name. */
  header?: ReactNode;
  /** Numbers align at their end. */
  align?: 'start' | 'end';
  /** The cell names its row. */
  rowHeader?: boolean;
  /** Share of the table's width, as a CSS length. With it, tables below each other line up. */
  width?: string;
  cell: (row: Row) => ReactNode;
}

interface DataTableProps<Row> {
  /** What the table shows, for screen readers. */
  caption: string;
  /** Must be stable between renders. */
  columns: readonly DataColumn<Row>[];
  /** Must be stable between renders. */
  rows: readonly Row[];
  rowId: (row: Row) => string;
  /** On a phone each row becomes a block of named values instead of a strip to scroll. */
  stack?: boolean;
  compact?: boolean;
}

/**
 * A table. Explicit roles keep it a table for screen readers where the phone layout changes how its parts are displayed.
 */
export function DataTable<Row extends object>(props: DataTableProps<Row>) {
  const { caption, columns, rows, rowId, stack = false, compact = false } = props;
  const byId = useMemo(() => new Map(columns.map((column) => [column.id, column])), [columns]);
  const definitions = useMemo(
    () =>
      columns.map((column): ColumnDef<typeof features, Row> => ({
        id: column.id,
        header: () => column.header ?? column.label,
        cell: (context) => column.cell(context.row.original),
      })),
    [columns],
  );
  const table = useTable({ features, columns: definitions, data: rows, getRowId: rowId });
  const cellClass = (id: string) => classNames(byId.get(id)?.align === 'end' && styles.end);

  return (
    <table
      role="table"
      className={classNames(styles.table, stack && styles.stack, compact && styles.compact)}
    >
      <caption className="visually-hidden">{caption}</caption>
      <thead role="rowgroup">
        {table.getHeaderGroups().map((group) => (
          <tr key={group.id} role="row">
            {group.headers.map((header) => (
              <th
                key={header.id}
                role="columnheader"
                scope="col"
                className={cellClass(header.column.id)}
                style={{ width: byId.get(header.column.id)?.width }}
              >
                <table.FlexRender header={header} />
              </th>
            ))}
          </tr>
        ))}
      </thead>
      <tbody role="rowgroup">
        {table.getRowModel().rows.map((row) => (
          <tr key={row.id} role="row">
            {row.getAllCells().map((cell) => {
              const column = byId.get(cell.column.id);
              const content = <table.FlexRender cell={cell} />;
              return column?.rowHeader ? (
                <th key={cell.id} role="rowheader" scope="row" className={cellClass(cell.column.id)}>
                  {content}
                </th>
              ) : (
                <td
                  key={cell.id}
                  role="cell"
                  data-label={column?.label}
                  className={cellClass(cell.column.id)}
                >
                  {content}
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
