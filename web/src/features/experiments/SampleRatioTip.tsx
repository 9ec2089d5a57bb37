import type { ExperimentResult } from '../../api/types.ts';
import { InfoTip } from '../../design/InfoTip.tsx';
import { formatPValue, MISSING } from '../../design/numbers.ts';
import { splitRows } from './splitRows.ts';

/** The sample ratio as one of the checks: as designed or not, with observed and expected visitors in its tip. */
export function SampleRatioTip({ experiment }: { experiment: ExperimentResult }) {
  const { status, p_value: pValue } = experiment.sample_ratio;
  const mismatch = status === 'mismatch';
  const rows = splitRows(experiment);
  const seen = rows.some((row) => row.observed !== '0' && row.observed !== MISSING);
  return (
    <InfoTip
      label="Sample ratio"
      icon={mismatch ? 'alert' : 'check'}
      tone={mismatch ? 'danger' : 'neutral'}
      text={
        mismatch
          ? 'Sample ratio: mismatch'
          : seen
            ? 'Sample ratio: as designed'
            : 'Sample ratio: no visitors yet'
      }
    >
      <p>
        <strong>Did visitors come to the variants in the designed shares?</strong> If not, something loses or
        repeats visitors of one variant, and the rates cannot be compared.
      </p>
      <ul>
        {rows.map((row) => (
          <li key={row.letter} className="tabular">
            {row.letter}: {row.observed} visitors, {row.expected} expected
          </li>
        ))}
      </ul>
      <p className="tabular">Anytime p {formatPValue(pValue)}; below 0.001 is a mismatch.</p>
    </InfoTip>
  );
}
