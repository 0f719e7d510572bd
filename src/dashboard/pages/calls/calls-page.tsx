import { PageTitle } from '../../ui/page-title.tsx';

export function CallsPage() {
  return <PageTitle title="Calls" />;
}
