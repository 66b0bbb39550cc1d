using System.Text;
using Fusion.Cli.CommandLine;

Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
return FusionTool.Run(args);
