import { DropdownMenu } from 'radix-ui';
import { Icon } from '../../design/Icon.tsx';
import { Menu } from '../../design/Menu.tsx';
import menu from '../../design/Menu.module.css';
import styles from './AccountMenu.module.css';
import { useSession } from './session.ts';
import { useSignOut } from './useSignOut.ts';

/** Who is signed in, and the way out. Nothing while nobody is. */
export function AccountMenu() {
  const { data: user } = useSession(false);
  const signOut = useSignOut();
  if (!user) {
    return null;
  }
  return (
    <Menu
      trigger={
        <button type="button" className={styles.trigger} aria-label={`Account of ${user.username}`}>
          <span className={styles.avatar} aria-hidden="true">
            {user.username.charAt(0).toUpperCase()}
          </span>
          <Icon name="chevronDown" size={14} />
        </button>
      }
    >
      <DropdownMenu.Label className={menu.label} asChild>
        <div>
          <p>{user.username}</p>
          <p>{user.email}</p>
        </div>
      </DropdownMenu.Label>
      <DropdownMenu.Item className={menu.item} onSelect={() => signOut.mutate()}>
        <Icon name="signOut" />
        Sign out
      </DropdownMenu.Item>
    </Menu>
  );
}
