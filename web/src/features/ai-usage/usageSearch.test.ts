import { describe, expect, it } from 'vitest';
import { readUsageSearch } from './usageSearch.ts';

describe('the address of the page', () => {
  it('is read as far as it is understood', () => {
    expect(
      readUsageSearch({ hours: 720, figure: 'cost', by: 'model', task: '/api/ai/widget/analyze', x: 1 }),
    ).toEqual({ hours: 720, figure: 'cost', by: 'model', task: '/api/ai/widget/analyze' });
    expect(readUsageSearch({ hours: 5, figure: 'x', by: 'caller' })).toEqual({ by: 'caller' });
  });

  it('says nothing of defaults and of empty names', () => {
    expect(readUsageSearch({ hours: 168, figure: 'calls', by: 'all', model: '', caller: null })).toEqual({});
  });

  it('takes a name of digits as a name', () => {
    expect(readUsageSearch({ workspace: 42 })).toEqual({ workspace: '42' });
  });
});
