import { useSearch } from '@tanstack/react-router';
import { useEffect } from 'react';
import { Card } from '../../design/Card.tsx';
import { SignInForm } from './SignInForm.tsx';
import styles from './SignInPage.module.css';

/** The page where an administrator signs in. */
export function SignInPage() {
  const { next } = useSearch({ from: '/admin/login' });
  useEffect(() => {
    document.title = 'Sign in · Dashly';
  }, []);
  return (
    <div className={styles.page}>
      <div className={styles.heading}>
        <h1 className={styles.title}>Sign in to Dashly</h1>
        <p className={styles.lead}>Experiment results are for administrators of this install.</p>
      </div>
      <Card className={styles.card}>
        <SignInForm next={next} />
      </Card>
      <p className={styles.hint}>
        First start? The server printed the sign-in once, in its own output, and keeps it in its data folder.
      </p>
    </div>
  );
}
