import { Link } from '@tanstack/react-router';
import { DropdownMenu } from 'radix-ui';
import { useState } from 'react';
import type { ExperimentLife, ExperimentResult } from '../../../api/types.ts';
import { Button } from '../../../design/Button.tsx';
import { Dialog } from '../../../design/Dialog.tsx';
import { Menu } from '../../../design/Menu.tsx';
import menu from '../../../design/Menu.module.css';
import { readableId } from '../../../design/readableId.ts';
import { statusChanges, type StatusChange } from './lifeWords.ts';
import { QaLinkForm } from './QaLinkForm.tsx';
import { RampForm } from './RampForm.tsx';
import { ResetForm } from './ResetForm.tsx';
import { StatusForm } from './StatusForm.tsx';
import { useLife } from './useLives.ts';
import { WinnerForm } from './WinnerForm.tsx';

type Task = StatusChange | 'ramp' | 'winner' | 'link' | 'reset';

const TITLES = {
  ramp: 'Traffic',
  winner: 'Winner',
  link: 'Preview link',
  reset: 'Reset to the file',
} as const;

/** Everything that can be done with an experiment while it lives. Nothing while that is not known. */
export function LifeMenu({ experiment }: { experiment: ExperimentResult }) {
  const life = useLife(experiment.test_id);
  const [task, setTask] = useState<Task | null>(null);
  if (!life) {
    return null;
  }
  const close = () => setTask(null);
  return (
    <>
      <Menu
        trigger={
          <Button size="sm" icon="chevronDown" aria-label={`Manage ${readableId(experiment.test_id)}`}>
            Manage
          </Button>
        }
      >
        {statusChanges(life).map((change) => (
          <Item key={change.status} label={change.label} onSelect={() => setTask(change)} />
        ))}
        {life.effective.status !== 'archived' && (
          <>
            <Item label="Traffic…" onSelect={() => setTask('ramp')} />
            <Item label="Winner…" onSelect={() => setTask('winner')} />
            <Item label="Preview link…" onSelect={() => setTask('link')} />
          </>
        )}
        {life.changed.length > 0 && <Item label="Reset to the file…" onSelect={() => setTask('reset')} />}
        <DropdownMenu.Item className={menu.item} asChild>
          <Link to="/admin/changes" search={{ test_id: experiment.test_id }}>
            Log of changes
          </Link>
        </DropdownMenu.Item>
      </Menu>
      <Dialog open={task !== null} title={taskTitle(task, experiment.test_id)} onClose={close}>
        {task !== null && <TaskForm task={task} life={life} experiment={experiment} onClose={close} />}
      </Dialog>
    </>
  );
}

function taskTitle(task: Task | null, testId: string): string {
  const words = task === null ? '' : typeof task === 'string' ? TITLES[task] : task.action;
  return `${words}: ${readableId(testId)}`;
}

interface TaskFormProps {
  task: Task;
  life: ExperimentLife;
  experiment: ExperimentResult;
  onClose: () => void;
}

function TaskForm({ task, life, experiment, onClose }: TaskFormProps) {
  switch (task) {
    case 'ramp':
      return <RampForm life={life} onClose={onClose} />;
    case 'winner':
      return <WinnerForm life={life} experiment={experiment} onClose={onClose} />;
    case 'link':
      return <QaLinkForm life={life} />;
    case 'reset':
      return <ResetForm life={life} onClose={onClose} />;
    default:
      return <StatusForm life={life} change={task} onClose={onClose} />;
  }
}

function Item({ label, onSelect }: { label: string; onSelect: () => void }) {
  return (
    <DropdownMenu.Item className={menu.item} onSelect={onSelect}>
      {label}
    </DropdownMenu.Item>
  );
}
