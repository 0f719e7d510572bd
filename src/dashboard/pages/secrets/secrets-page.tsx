import { PageTitle } from '../../ui/page-title.tsx';

export function SecretsPage() {
  return <PageTitle title="Secrets" />;
}
