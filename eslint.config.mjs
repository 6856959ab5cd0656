import tseslint from 'typescript-eslint';

export default tseslint.config(tseslint.configs.strictTypeChecked, {
  languageOptions: { parserOptions: { project: './tsconfig.json' } },
  rules: {
    '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
    '@typescript-eslint/no-unused-vars': [
      'error',
      { argsIgnorePattern: '^_', varsIgnorePattern: '^_' },
    ],
    // The engine's methods are async because they run in a worker as well as here.
    '@typescript-eslint/require-await': 'off',
    '@typescript-eslint/no-extraneous-class': 'off',
    // Callers and engines are checked at run time where the types promise more than is sure.
    '@typescript-eslint/no-unnecessary-condition': 'off',
    '@typescript-eslint/no-unnecessary-boolean-literal-compare': 'off',
    '@typescript-eslint/no-unnecessary-type-parameters': 'off',
    '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
  },
});
