import { DropdownMenu } from 'radix-ui';
import { Icon, type IconName } from '../design/Icon.tsx';
import { Menu } from '../design/Menu.tsx';
import menu from '../design/Menu.module.css';
import { chooseTheme, useTheme, useThemeChoice, type ThemeChoice } from '../design/theme.ts';
import styles from './Shell.module.css';

const CHOICES: readonly { value: ThemeChoice; label: string; icon: IconName }[] = [
  { value: 'system', label: 'System', icon: 'monitor' },
  { value: 'light', label: 'Light', icon: 'sun' },
  { value: 'dark', label: 'Dark', icon: 'moon' },
];

/** Lets the person choose between light, dark and the device's setting. */
export function ThemeMenu() {
  const choice = useThemeChoice();
  const theme = useTheme();
  return (
    <Menu
      trigger={
        <button type="button" className={styles.barButton} aria-label="Theme" title="Theme">
          <Icon name={theme === 'dark' ? 'moon' : 'sun'} />
        </button>
      }
    >
      <DropdownMenu.RadioGroup
        aria-label="Theme"
        value={choice}
        onValueChange={(value) => chooseTheme(value as ThemeChoice)}
      >
        {CHOICES.map(({ value, label, icon }) => (
          <DropdownMenu.RadioItem key={value} value={value} className={menu.item}>
            <Icon name={icon} />
            {label}
            <DropdownMenu.ItemIndicator className={menu.check}>
              <Icon name="check" size={14} />
            </DropdownMenu.ItemIndicator>
          </DropdownMenu.RadioItem>
        ))}
      </DropdownMenu.RadioGroup>
    </Menu>
  );
}
