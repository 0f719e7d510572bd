import {
  Activity,
  Boxes,
  CircleDollarSign,
  KeyRound,
  type LucideIcon,
  ScrollText,
  Settings,
  ShieldCheck,
} from 'lucide-react';

export interface Place {
  readonly to: '/' | '/agents' | '/calls' | '/cost' | '/audit' | '/secrets' | '/settings';
  readonly label: string;
  readonly icon: LucideIcon;
  /** With `g` before it. */
  readonly key: string;
}

export const PLACES: readonly Place[] = [
  { to: '/', label: 'Overview', icon: Activity, key: 'o' },
  { to: '/agents', label: 'Agents', icon: Boxes, key: 'a' },
  { to: '/calls', label: 'Calls', icon: ScrollText, key: 'c' },
  { to: '/cost', label: 'Cost', icon: CircleDollarSign, key: 'm' },
  { to: '/audit', label: 'Audit', icon: ShieldCheck, key: 'l' },
  { to: '/secrets', label: 'Secrets', icon: KeyRound, key: 's' },
  { to: '/settings', label: 'Settings', icon: Settings, key: 't' },
];
