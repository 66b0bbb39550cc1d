using System.Text;
using Llama.Cli.CommandLine;
using Llama.Cli.Runners;

Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
return await LlamaTool.RunAsync(new(Console.Out, Console.Error, new RunnerFactory(), TimeProvider.System), args);
