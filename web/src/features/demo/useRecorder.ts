import { useCallback, useState } from 'react';
import { ApiError } from '../../api/ApiError.ts';
import { newEventId } from '../../api/eventId.ts';
import { sendEvent } from '../../api/experiments.ts';
import type { EventRequest, EventResponse } from '../../api/types.ts';
import { useToast } from '../../design/toastContext.ts';
import { describeOutcome, type Outcome } from './outcome.ts';

/** One thing the visitor did on this page and what became of it. */
export interface Recorded {
  request: EventRequest;
  at: string;
  outcome: Outcome;
}

/** Sends what the visitor does and keeps the list of it; `retry` repeats an event under its own id. */
export function useRecorder() {
  const [entries, setEntries] = useState<Recorded[]>([]);
  const showToast = useToast();

  const send = useCallback(
    async (request: EventRequest) => {
      const settle = (outcome: Outcome) => {
        setEntries((current) =>
          current.map((entry) =>
            entry.request.event_id === request.event_id ? { ...entry, outcome } : entry,
          ),
        );
        showToast({
          tone: outcome.state === 'failed' ? 'danger' : outcome.state === 'kept' ? 'warning' : 'positive',
          title:
            outcome.state === 'failed' ? `${request.event} was not recorded` : `${request.event} recorded`,
          detail: outcome.text,
        });
      };
      try {
        const answer: EventResponse = await sendEvent(request);
        settle(describeOutcome(answer));
      } catch (error) {
        settle({ state: 'failed', text: error instanceof ApiError ? error.detail : 'Something went wrong.' });
      }
    },
    [showToast],
  );

  const record = useCallback(
    (event: string, testId: string, variant: string) => {
      const request = { event, testId, variant, event_id: newEventId() };
      const entry: Recorded = {
        request,
        at: new Date().toISOString(),
        outcome: { state: 'pending', text: 'Sending' },
      };
      setEntries((current) => [entry, ...current]);
      void send(request);
    },
    [send],
  );

  return { entries, record, retry: send };
}
