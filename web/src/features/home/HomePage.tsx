import { Link } from '@tanstack/react-router';
import { useEffect } from 'react';
import { Icon, type IconName } from '../../design/Icon.tsx';
import { classNames } from '../../design/classNames.ts';
import styles from './HomePage.module.css';
import { ServerStatus } from './ServerStatus.tsx';

interface Place {
  to: '/admin/experiments' | '/experiment-demo' | '/pricing';
  icon: IconName;
  title: string;
  text: string;
}

const PLACES: readonly Place[] = [
  {
    to: '/admin/experiments',
    icon: 'bars',
    title: 'Experiment results',
    text: 'The answer of every experiment first, then what it rests on, with the health of the data behind it.',
  },
  {
    to: '/experiment-demo',
    icon: 'flask',
    title: 'Experiment demo',
    text: 'Walk through two experiments as a visitor, see your variants and what gets recorded.',
  },
  {
    to: '/pricing',
    icon: 'tag',
    title: 'Pricing',
    text: 'The pricing page under experiment, from the call to action to the completed upgrade.',
  },
];

const RULES = [
  [
    'Each visitor once',
    'Exposures and unique rates count people, not page loads. Refreshing changes nothing.',
  ],
  [
    'Acknowledged means kept',
    'An event answered with success is committed to disk before you see the answer.',
  ],
  [
    'Look as often as you like',
    'Answers hold at every look. A larger number alone is never called a winner; the evidence decides.',
  ],
] as const;

/** The start page: what this install is and where to go. */
export function HomePage() {
  useEffect(() => {
    document.title = 'Dashly';
  }, []);
  return (
    <div className={styles.page}>
      <header className={styles.hero}>
        <ServerStatus />
        <h1 className={styles.title}>Experiments whose numbers you can trust</h1>
        <p className={styles.lead}>
          This is your own Dashly: self-hosted marketing analytics with A/B experiments, counted by visitor
          and kept on this server.
        </p>
      </header>
      <nav aria-label="Places in this install">
        <ul className={styles.places}>
          {PLACES.map(({ to, icon, title, text }) => (
            <li key={to} className={styles.place}>
              <span className={styles.icon}>
                <Icon name={icon} size={18} />
              </span>
              <h2 className={styles.placeTitle}>
                <Link to={to} className={styles.cover}>
                  {title}
                </Link>
                <Icon name="arrowRight" className={styles.arrow} />
              </h2>
              <p className={styles.text}>{text}</p>
            </li>
          ))}
          <li className={classNames(styles.place, styles.wide)}>
            <span className={styles.icon}>
              <Icon name="book" size={18} />
            </span>
            <div>
              <h2 className={styles.placeTitle}>
                <a href="/api/docs" className={styles.cover}>
                  API documentation
                </a>
                <Icon name="arrowRight" className={styles.arrow} />
              </h2>
              <p className={styles.text}>
                Every route with its parameters and answers, to read and to try out.
              </p>
            </div>
          </li>
        </ul>
      </nav>
      <section aria-labelledby="rules">
        <h2 id="rules" className={styles.sectionTitle}>
          How this install counts
        </h2>
        <dl className={styles.rules}>
          {RULES.map(([rule, text]) => (
            <div key={rule}>
              <dt>{rule}</dt>
              <dd>{text}</dd>
            </div>
          ))}
        </dl>
      </section>
    </div>
  );
}
