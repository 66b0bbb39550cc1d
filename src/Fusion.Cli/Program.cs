using System.Text;
using Fusion.Cli.CommandLine;
using Fusion.Cli.Running;

if (args is [RankStart.Word, .. var rank]) return RankStart.Run(rank);
Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
return FusionTool.Run(args);
